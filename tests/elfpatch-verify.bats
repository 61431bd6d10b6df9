#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch verify: good files pass, and no byte can change unseen.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

@test "verify: what reserve, rewrite and stamp have made is good" {
	local k
	for k in $(each_kind) nolibc library.so; do
		elfpatch reserve -o re "$t/$k"
		elfpatch stamp -o st "$t/$k.rw"
		run -0 elfpatch verify re st "$t/$k.rw"
		assert_equal "$output" "$(printf '%s: ok\n' re st "$t/$k.rw")"
	done
}

@test "verify: each changed byte is found, reserved and rewritten" {
	elfpatch reserve -o re "$t/static"
	local f
	for f in re "$t/pie.rw" "$t/static-pie.rw" "$t/library.so.rw"; do
		run -0 "$BUILD/tests/elfpatch/flip" "$f"
		assert_contains ", 0 missed"
		[[ ${lines[-1]%% *} -gt 1000 ]] || fail "too few: $output"
	done
}

@test "verify: each changed byte is found, stamped" {
	elfpatch stamp -o st "$t/pie.rw"
	run -0 "$BUILD/tests/elfpatch/flip" st
	assert_contains ", 0 missed"
	[[ ${lines[-1]%% *} -gt 40000 ]] || fail "too few: $output"
	elfpatch stamp -o st "$t/nolibc"
	run -0 "$BUILD/tests/elfpatch/flip" st
	assert_contains ", 0 missed"
}

@test "verify: says which field is wrong, where, and exits 1" {
	cp "$t/static.rw" file
	local at
	at=$(($(readelf -SW file | sed -n 's/^ *\[ *[0-9]*\] *//p' | awk '$1 == ".syslayer" { print "0x" $4 }') + 100))
	printf '\252' | dd of=file bs=1 seek="$at" conv=notrunc status=none
	run -1 elfpatch verify file
	assert_error file
	assert_contains "runtime at 0x"
}

@test "verify: a section header that strip has removed is no fault, a program header is" {
	cp "$t/static.rw" file
	# e_shoff, e_shnum and e_shstrndx become 0.
	printf '\0\0\0\0\0\0\0\0' | dd of=file bs=1 seek=40 conv=notrunc status=none
	printf '\0\0\0\0' | dd of=file bs=1 seek=60 conv=notrunc status=none
	elfpatch verify -q file
	elfpatch stamp -o stamped file
	elfpatch verify -q stamped
	assert_runs ./stamped
	elfpatch unstamp -o back stamped
	cmp back file
}

@test "verify: a file without a section exits 1, what is no ELF file 2, another machine 3" {
	run -1 elfpatch verify "$t/static"
	assert_contains "no section"
	run -2 elfpatch verify "$SRC/LICENSE"
	assert_contains "not an ELF file"
	cp "$t/static" other
	printf '\267' | dd of=other bs=1 seek=18 conv=notrunc status=none
	run -3 elfpatch verify other
	assert_contains "e_machine at 0x12"
	# The worst of several, and all are looked at.
	run -2 elfpatch verify "$t/static" "$SRC/LICENSE" "$t/static.rw"
	assert_contains "static.rw: ok"
}

@test "verify: -r looks at the files with a section below a directory" {
	mkdir -p tree/a/b
	cp "$t/static.rw" tree/a/good
	cp "$t/static" "$SRC/LICENSE" tree/a/b
	run -0 elfpatch verify -r tree
	assert_equal "$output" "tree/a/good: ok"
	cp "$t/static.rw" tree/a/b/bad
	printf 'x' | dd of=tree/a/b/bad bs=1 seek=24 conv=notrunc status=none
	run -1 elfpatch verify -r tree
	assert_contains "tree/a/b/bad: e_entry at 0x18"
}

@test "verify: --json" {
	need_tools jq
	cp "$t/static.rw" bad
	printf 'x' | dd of=bad bs=1 seek=24 conv=notrunc status=none
	run -1 --separate-stderr elfpatch verify --json "$t/static.rw" bad
	# shellcheck disable=SC2154 # output is of run
	assert_equal "$(jq -c '[.[] | .ok, .status, .field, .offset]' <<<"$output")" \
		'[true,0,null,null,false,1,"e_entry",24]'
}

@test "verify: a large .debug_frame of the program's own, which moves" {
	"$CC" -O1 -static -o program "$SRC/tests/elfpatch/hello.c"
	head -c 100000 /dev/zero >frames
	objcopy --remove-section=.debug_frame --add-section .debug_frame=frames program large
	elfpatch rewrite -q -o rewritten large
	run -0 elfpatch verify rewritten
	elfpatch restore -q -o back rewritten
	cmp back large
}
