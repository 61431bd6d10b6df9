#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Which sites are found, what is replaced at each, and what is left: code of every shape.

load helpers

setup_file() {
	: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}" "${BUILD:=$SRC/build}" "${CC:=cc}"
	cd "$BATS_FILE_TMPDIR" || return
	local sites=$SRC/tests/sites
	"$CC" -O1 -static -o range "$sites/range.c" "$sites/range.S"
	"$CC" -O1 -static-pie -fPIE -o range-pie "$sites/range.c" "$sites/range.S"
	rewritten range range-pie
}

setup() {
	common_setup
	cd "$BATS_FILE_TMPDIR" || return
	count=$BUILD/layers/count.img
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=$BATS_TEST_TMPDIR/table
	ulimit -c 0
}

# rewritten FILE...: FILE.rw of each.
rewritten() {
	local f
	for f; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o "$f.rw" "$f" || return
	done
}

# tactic FILE FUNCTION: of the first site in it, or why there is none.
tactic() {
	elfpatch inspect --json --sites "$1" |
		jq -r --arg f "$2" '.[0].site | map(select(.function == $f))[0] | .reason // .tactic'
}

# counted NAME
counted() {
	awk -v name="$1" '$NF == name { n += $1 } END { print n + 0 }' "$SYSLAYER_OUTPUT"
}

@test "range: the call that a program compares its pc with stays, and is asked for" {
	local p s
	for p in range range-pie; do
		for s in musl glibc qemu; do
			assert_equal "$s $(tactic $p.rw $s)" "$s range"
		done
		for s in odd late; do
			assert_equal "$s $(tactic $p.rw $s)" "$s compared with the pc"
		done
		run -0 elfpatch verify $p.rw
	done
}

@test "range: arguments and results are the same, the layer sees the calls" {
	local p s
	for p in range range-pie; do
		for s in musl glibc qemu odd late; do
			run -0 ./$p calls $s
			run -0 ./$p.rw calls $s
			rm -f "$SYSLAYER_OUTPUT"
			SYSLAYER_IMAGE=$count run -0 ./$p.rw calls $s
			[[ $s == odd || $s == late ]] ||
				assert_equal "$s: $(counted read) $(counted write) $(counted faccessat)" "$s: 1 1 1"
		done
	done
}

# A signal before each single instruction, layer and all: a call that blocks although it came first hangs.
@test "range: no signal is lost that comes before the call" {
	local s image
	for s in musl glibc qemu odd late; do
		run -0 timeout 60 ./range step $s
		for image in '' "$count"; do
			SYSLAYER_IMAGE=$image run -0 timeout 60 ./range.rw step $s
			assert_contains stepped
		done
	done
}

@test "range: verify finds each byte that is changed" {
	run -0 "$BUILD/tests/elfpatch/flip" range-pie.rw
}
