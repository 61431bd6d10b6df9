#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The engine against files that no linker has made: what fuzzing has found, its corpus, and what would take hours.

load helpers

setup_file() {
	: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}" "${BUILD:=$SRC/build}" "${CC:=cc}"
	export SRC BUILD CC FUZZ_BASES=$BATS_FILE_TMPDIR/bases
	"$SRC/tests/fuzz/seeds.sh" "$FUZZ_BASES"
	"$SRC/tests/fuzz/build.sh" "$BATS_FILE_TMPDIR/replay"
}

setup() {
	common_setup
	export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=4096
	t=$BATS_FILE_TMPDIR
}

@test "fuzz: the targets do what they promise on programs of every kind" {
	local target
	for target in object rewrite stamp; do
		run -0 "$t/replay/target-$target" "$FUZZ_BASES"
		[[ $output =~ ^1[0-9]\ inputs ]] || fail "$target: $output"
	done
}

@test "fuzz: rewrite does what it promises where calls jump to fill" {
	mkdir fill
	# As seeds.sh links.
	local flags="-nostdlib -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-e,itself"
	# shellcheck disable=SC2086 # several words
	"$CC" $flags -static -o fill/static "$SRC/tests/sites/short.S" &&
		"$CC" $flags -static-pie -fPIE -o fill/pie "$SRC/tests/sites/short.S"
	cp fill/static fill/stripped
	strip fill/stripped
	run -0 "$t/replay/target-rewrite" fill
	assert_contains "3 inputs, the slowest"
}

# The loaded part ends shortly before a page does: there the symbols are in the way.
@test "fuzz: rewrite does what it promises where what is not loaded moves" {
	mkdir moved
	"$CC" -nostdlib -Wl,--build-id=sha1 -Wl,-z,noseparate-code -Wl,-e,itself -static -o moved/static \
		"$SRC/tests/sites/short.S"
	run -0 elfpatch rewrite -o rewritten moved/static
	[[ $(readelf -SW moved/static | grep SYMTAB) != "$(readelf -SW rewritten | grep SYMTAB)" ]] || fail "it has not moved"
	run -0 "$t/replay/target-rewrite" moved
	assert_contains "1 inputs, the slowest"
}

@test "fuzz: what was found once is found no more" {
	local target
	for target in image object restore rewrite stamp verify; do
		[[ -d $SRC/tests/fuzz/finds/$target ]] || continue
		run -0 "$t/replay/target-$target" "$SRC/tests/fuzz/finds/$target"
		assert_contains "inputs, the slowest"
	done
}

@test "fuzz: the corpus, and a minute of AFL++" {
	need_tools afl-fuzz afl-clang-fast xz
	local target
	for target in image object restore rewrite stamp verify; do
		mkdir "$target"
		tar -xJf "$SRC/tests/fuzz/corpus/$target.tar.xz" -C "$target"
		run -0 "$t/replay/target-$target" "$target"
	done
	run -0 "$SRC/tests/fuzz/run.sh" fuzz 10
	[[ $(grep -c ' executions, 0 of them crashed or hung' <<<"$output") -eq 6 ]] || fail "$output"
}

@test "fuzz: 300 damaged programs and libraries through the tool" {
	need_tools python3
	local f files=()
	for f in /bin/busybox /bin/bash-static /bin/sash /usr/sbin/ldconfig /lib/x86_64-linux-gnu/libc.so.6 \
		/lib64/ld-linux-x86-64.so.2 /lib/ld-musl-x86_64.so.1 "$FUZZ_BASES"/{library.so,pages,payload,pie,static,stripped}; do
		[[ ! -e $f ]] || files+=("$f")
	done
	run -0 python3 "$SRC/tests/long/mutate.py" --elfpatch="$BUILD/elfpatch/elfpatch" --count=300 "${files[@]}"
	assert_contains "| with an error | 0 |"
}

# The bound is for a loaded machine: what is looked for takes minutes or hours.
@test "fuzz: a megabyte of what is many, or overlaps, is read in time" {
	need_tools python3
	mkdir large
	python3 "$SRC/tests/fuzz/large.py" large
	local f verb
	for f in large/*; do
		for verb in "inspect --sites" verify "reserve -o r" "rewrite -o w" "stamp -o s"; do
			# shellcheck disable=SC2086 # verb and option
			run timeout 20 elfpatch $verb "$f"
			[[ $status -le 3 ]] || fail "$verb $f: status $status"
		done
		[[ -e w ]] || continue
		for verb in verify "inspect --sites --json" "stamp -i" "unstamp -i"; do
			# shellcheck disable=SC2086 # verb and option
			run timeout 20 elfpatch $verb w
			[[ $status -le 3 ]] || fail "$verb of what rewrite made of $f: status $status"
		done
		rm -f r w s
	done
}
