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

@test "fuzz: what was found once is found no more" {
	local target
	for target in image object rewrite stamp verify; do
		[[ -d $SRC/tests/fuzz/finds/$target ]] || continue
		run -0 "$t/replay/target-$target" "$SRC/tests/fuzz/finds/$target"
		assert_contains "inputs, the slowest"
	done
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
