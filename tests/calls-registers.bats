#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs: what a call may change, what it answers, and every way in which a site may stand in code.

load helpers
load calls

calls=$SRC/tests/calls

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	link registers "$CC" -O1 -static "$calls/registers.c" || return
	link wide "$CC" -O1 -static "$calls/wide.c" || return
	local variants=("$calls/variants.c" "$calls/variants.S")
	link variants "$CC" -O1 -static "${variants[@]}" || return
	link variants-pie "$CC" -O1 -fpie -static-pie "${variants[@]}" || return
	link variants-dynamic "$CC" -O1 "${variants[@]}" || return
	link variants-musl musl-gcc -O1 -static "${variants[@]}" || return
	link_lld variants-lld clang-14 -O1 -static "${variants[@]}" || return
	link edges "$CC" -nostdlib -static "$calls/edges.S"
}

setup() {
	calls_setup
	export SYSLAYER_OUTPUT=$BATS_FILE_TMPDIR/table
	cd "$BATS_FILE_TMPDIR" || return
}

# variants PROGRAM: all functions of variants.S give what they should.
variants() {
	alike "$1" 3
	refute_contains wrong
	assert_equal "$(grep -c ^v_ <<<"${output-}")" "$(grep -c '^	v(' "$calls/variants.c")"
	[[ $1 != *-dynamic ]] || return 0
	# Most of them are really routed: the rest may be left alone, never be wrong.
	(($(counted getppid) >= 70)) || fail "getppid was counted $(counted getppid) times"
	# A slot of pin makes its own call, whatever the number that came: no site goes to another's.
	local by
	for by in "$1" "$1.rewritten"; do
		SYSLAYER_PIN=report SYSLAYER_IMAGE=$BUILD/layers/pin.img run -0 --separate-stderr "$by" 3
		refute_contains wrong
	done
}

@test "registers, flags, red zone, x87 and xmm are kept, numbers are answered as by the kernel" {
	alike ./registers
	refute_contains changed
	assert_equal "$(grep -c : <<<"$output")" 360
	# Each line asks for the parent once more.
	assert_equal "$(counted getppid)" $((360 + 6 * 12))
	assert_equal "$(counted read)" 24
	assert_equal "$(counted clone)" 24
	assert_equal "$(counted clone3)" 24
	assert_equal "$(counted syscall_511)" 36
}

@test "ymm, zmm and mask registers are kept" {
	alike ./wide
	refute_contains wrong
}

@test "sites: of a static program" {
	variants ./variants
	# The instruction that straddles pages does, and the one behind a page's end is there.
	local address
	address=$(nm variants.plain | awk '$3 == "v_page" { print $1 }')
	assert_equal $(((16#$address + 8) % 4096)) 4095
	address=$(nm variants.plain | awk '$3 == "v_page_start" { print $1 }')
	assert_equal $(((16#$address + 8) % 4096)) 0
}

@test "sites: of position independent programs" {
	variants ./variants-pie
	variants ./variants-dynamic
}

@test "sites: with musl, and with lld" {
	variants ./variants-musl
	variants ./variants-lld
}

# All of its calls go through one site, in assembly right behind the constants of variants.S; its symbols have
# sizes, and no type.
@test "sites: with dietlibc, also stripped" {
	need_tools diet
	local p
	diet gcc -O1 -o diet "$calls/variants.c" "$calls/variants.S" 2>/dev/null
	strip -o diet-stripped diet
	run -0 ./diet 3
	local expected=$output
	for p in diet diet-stripped; do
		rewrite_file $p $p.rewritten
		run -0 ./$p.rewritten 3
		assert_equal "$output" "$expected"
		rm -f table
		SYSLAYER_IMAGE=$COUNT SYSLAYER_OUTPUT=$PWD/table run -0 ./$p.rewritten 3
		assert_equal "$output" "$expected"
		mv table $p.table
	done
	(($(counted_in diet.table write) > 0)) || fail "the C library's calls were not counted" "$(cat diet.table)"
}

@test "sites: constants in code keep each byte" {
	local table from p
	for p in variants variants-pie variants-lld; do
		from=()
		for table in "$p.plain" "$p" "$p.rewritten"; do
			from+=("$(gdb -batch -ex 'output/x *(unsigned char (*)[176])&variant_table' "$table" 2>&1)")
		done
		assert_contains 0xf "${from[0]}"
		assert_equal "${from[1]}" "${from[0]}"
		assert_equal "${from[2]}" "${from[0]}"
	done
}

@test "sites: first and last of a program's code" {
	local image
	run ./edges.plain
	assert_status 7
	for image in '' "$NATIVE" "$COUNT"; do
		rm -f table.linked table.rewritten
		SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=$PWD/table.linked run ./edges
		assert_equal "$image: $status" "$image: 7"
		SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=$PWD/table.rewritten run ./edges.rewritten
		assert_equal "$image: $status" "$image: 7"
	done
	assert_equal "$(counted getppid) $(counted exit_group)" "2 1"
}
