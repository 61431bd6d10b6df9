#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Go programs, rewritten: their table of functions, small stacks, signals, threads.

load helpers

setup_file() {
	: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}" "${BUILD:=$SRC/build}" "${CC:=cc}"
	export GOCACHE=$BATS_FILE_TMPDIR/cache GO111MODULE=off GOFLAGS='' CGO_ENABLED=0 GOPROXY=off
	cd "$BATS_FILE_TMPDIR" || return
	go build -o go "$SRC/tests/sites/go.go" &&
		go build -ldflags='-s -w' -o go-stripped "$SRC/tests/sites/go.go" &&
		go build -buildmode=pie -o go-pie "$SRC/tests/sites/go.go" &&
		go build -buildmode=pie -ldflags='-s -w' -o go-pie-stripped "$SRC/tests/sites/go.go" || return
	local p
	for p in go go-stripped go-pie go-pie-stripped; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o $p.rw $p || return
	done
}

setup() {
	common_setup
	cd "$BATS_FILE_TMPDIR" || return
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=$BATS_TEST_TMPDIR/table
	ulimit -c 0
}

# counted NAME
counted() {
	awk -v name="$1" '$NF == name { n += $1 } END { print n + 0 }' "$SYSLAYER_OUTPUT"
}

# works WHAT: each program says the same as it did, by itself and counted.
works() {
	local p image
	run -0 timeout 60 ./go "$1"
	assert_equal "${lines[-1]}" "$1: right"
	for p in go go-stripped go-pie go-pie-stripped; do
		for image in '' "$BUILD/layers/count.img"; do
			SYSLAYER_IMAGE=$image run -0 timeout 120 ./$p.rw "$1"
			assert_equal "$p: ${lines[-1]}" "$p: $1: right"
		done
	done
}

@test "table: functions are known by it alone, in each of its layouts" {
	local magic
	for magic in 0xfffffffb 0xfffffffa 0xfffffff0 0xfffffff1; do
		"$CC" -nostdlib -static -s -DMAGIC=$magic -o table "$SRC/tests/sites/go.S"
		run -0 elfpatch rewrite -o table.rw table
		assert_contains "3 sites: 3 rewritten"
		run -7 ./table.rw
		assert_equal "$output" ok
	done
}

@test "table: one that makes no sense is no table" {
	local damage
	"$CC" -nostdlib -static -s -DMAGIC=0xfffffff1 -o table "$SRC/tests/sites/go.S"
	"$OBJCOPY" -O binary -j .gopclntab table pclntab
	for damage in '0 \2' '6 \3' '7 \4' '8 \377\377\377\377\377\377\377\377' '11 \377' '15 \177' \
		'64 \377\377\377\377\377\377\377\377' '64 \0\1' '24 \0\0\0\0\377' '76 \377\377\377\377'; do
		cp pclntab damaged
		printf '%b' "${damage#* }" | sed 's/\\\([0-7]\)/\\0\1/g' | dd of=damaged bs=1 seek="${damage%% *}" conv=notrunc status=none
		"$OBJCOPY" --update-section .gopclntab=damaged table table.bad
		run -0 elfpatch rewrite -o table.rw table.bad
		run -7 ./table.rw
		assert_equal "$damage: $output" "$damage: ok"
	done
}

@test "hello, and how its calls are routed" {
	works hello
	# All but the restorer of signals.
	run -0 elfpatch inspect go-stripped.rw
	assert_contains "1 left (1 rt_sigreturn)"
}

@test "a server under load" {
	works serve
	(($(counted accept4) >= 500 && $(counted epoll_pwait) + $(counted epoll_wait) > 0)) || fail "$(cat "$SYSLAYER_OUTPUT")"
}

@test "children" {
	works children
}

@test "profiling signals" {
	works profile
}

@test "a thousand goroutines, and threads" {
	works goroutines
}

@test "a storm of signals" {
	works storm
}

@test "small stacks" {
	works stacks
}
