#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch reserve: an empty section at the end of BSS, in every kind of program.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

@test "reserve: every kind runs as before, and has the section as whole pages of BSS" {
	local k address size
	for k in $(each_kind); do
		elfpatch reserve -o "$k" "$BATS_FILE_TMPDIR/$k"
		assert_runs "./$k"
		elfpatch verify -q "$k"
		read -r address size < <(readelf -SW "$k" | sed -n 's/^ *\[ *[0-9]*\] *//p' |
			awk '$1 == ".syscalls" { print $3, $5 }')
		assert_equal "$size" 100000
		assert_equal $((16#$address % 4096)) 0
		# No byte but note, block and headers; what else the file grows by is a hole.
		[[ $(($(stat -c %b "$k") - $(stat -c %b "$BATS_FILE_TMPDIR/$k"))) -le $((24576 / 512)) ]] ||
			fail "$k: grew too much"
	done
}

@test "reserve: --size takes bytes, K and M, and refuses what is no section" {
	local size
	for size in 32768:8000 64K:10000 2M:200000 0x10000:10000; do
		elfpatch reserve --size="${size%:*}" -o out "$BATS_FILE_TMPDIR/static"
		run -0 readelf -SW out
		assert_contains "${size#*:}" "$(grep ' \.syscalls ' <<<"$output")"
		assert_runs ./out
	done
	for size in 4096 32769 1G 99999999999999999999 -1 '' K 1KK; do
		run -2 elfpatch reserve --size="$size" -o none "$BATS_FILE_TMPDIR/static"
		[[ ! -e none ]] || fail "$size: written"
	done
}

@test "reserve: a second time is no change, another size is not supported" {
	elfpatch reserve -o out "$BATS_FILE_TMPDIR/pie"
	local before
	before=$(stat -c '%i %Y %Z' out)
	run -0 elfpatch reserve -v -i out
	assert_contains unchanged
	assert_equal "$(stat -c '%i %Y %Z' out)" "$before"
	run -3 elfpatch reserve --size=2M -i out
	assert_error out
	assert_contains "note size at 0x"
	assert_equal "$(stat -c '%i %Y %Z' out)" "$before"
}

@test "reserve: --require is in the note" {
	elfpatch reserve --require -o out "$BATS_FILE_TMPDIR/static"
	run -0 elfpatch inspect out
	assert_contains "required  yes"
	elfpatch reserve -o without "$BATS_FILE_TMPDIR/static"
	run -0 elfpatch inspect without
	assert_contains "required  no"
}

@test "reserve: the same bytes each time" {
	local k
	for k in $(each_kind) library.so; do
		elfpatch reserve -o a "$BATS_FILE_TMPDIR/$k"
		elfpatch reserve -o b "$BATS_FILE_TMPDIR/$k"
		cmp a b
	done
}

@test "reserve: where something lies above BSS the section gets a segment of its own" {
	echo '__attribute__((section(".high"), used)) const int high = 1;' >high.c
	"$CC" -O2 -no-pie -Wl,--section-start=.high=0x900000 -o program "$SRC/tests/elfpatch/hello.c" high.c
	assert_runs ./program
	elfpatch reserve -o out program
	elfpatch verify -q out
	assert_runs ./out
	# Address, bytes in the file, bytes in memory, flags.
	run -0 loads out
	assert_contains " 0x000000 0x100000 RW"
	elfpatch stamp -o stamped out
	elfpatch verify -q stamped
	assert_runs ./stamped
	run -0 "$BUILD/tests/elfpatch/flip" stamped
	elfpatch unstamp -o back stamped
	cmp out back
	elfpatch rewrite -q -o rewritten program
	elfpatch stamp -i rewritten
	assert_runs ./rewritten
}

@test "reserve: what patchelf has been at" {
	need_tools patchelf
	local k
	for k in pie nopie library.so; do
		cp "$BATS_FILE_TMPDIR/$k" moved
		patchelf --set-rpath "/$(printf '%0200d' 0)" moved
		elfpatch reserve -o out moved
		elfpatch verify -q out
		elfpatch stamp -o stamped out
		elfpatch verify -q stamped
		[[ $k == library.so ]] || assert_runs ./out
		[[ $k == library.so ]] || assert_runs ./stamped
		elfpatch unstamp -o back stamped
		cmp out back
	done
}
