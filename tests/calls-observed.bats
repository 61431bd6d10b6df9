#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs: others stand between them and the kernel, or look at what is left of them.

load helpers
load calls

calls=$SRC/tests/calls

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	link observed "$CC" -g -O1 -static -pthread "$calls/observed.c" &&
		link observed-pie "$CC" -O1 -fpie -static-pie -pthread "$calls/observed.c" &&
		link observed-dynamic "$CC" -O1 -pthread "$calls/observed.c" &&
		link observed-musl musl-gcc -O1 -static -pthread -idirafter /usr/include \
			-idirafter "/usr/include/$(uname -m)-linux-gnu" "$calls/observed.c"
}

setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export SYSLAYER_OUTPUT=$PWD/table
}

# all_alike WHAT
all_alike() {
	local p
	for p in observed observed-pie observed-dynamic observed-musl; do
		alike ./$p "$1"
		assert_equal "$output" "$1: right"
	done
}

@test "seccomp: a handler answers in the kernel's place" {
	all_alike trap
	assert_equal "$(counted getppid)" 2000
}

@test "seccomp: the filter refuses" {
	all_alike refused
}

@test "seccomp: another thread answers" {
	all_alike notified
}

@test "system calls that the kernel dispatches to a handler of the program" {
	all_alike dispatch
}

@test "ptrace: calls are seen once each, and answered by the tracer" {
	all_alike traced
}

@test "ptrace: single steps from start to end" {
	local p
	for p in observed observed-musl; do
		alike ./$p stepped
		assert_equal "$output" "stepped: right"
	done
}

@test "core dumps: gdb finds the call and its caller" {
	local image p pattern ended
	pattern=$(</proc/sys/kernel/core_pattern)
	[[ $pattern == core ]] || skip "core dumps go elsewhere: $pattern"
	for image in '' "$COUNT"; do
		for p in $(both ./observed); do
			rm -f core*
			(
				ulimit -c unlimited
				exec 3>&-
				SYSLAYER_IMAGE=$image exec "$p" waits
			) &
			# It is there when it is in pause(2).
			for _ in {1..500}; do [[ $(cut -d' ' -f1 "/proc/$!/syscall" 2>/dev/null) != 34 ]] || break; sleep 0.01; done
			kill -SEGV $!
			ended=0
			wait $! || ended=$?
			assert_equal $ended 139
			# shellcheck disable=SC2016 # gdb's
			run -0 gdb -nx -batch -ex bt -ex 'x/i $pc-2' "$p" core*
			assert_contains "terminated with signal SIGSEGV"
			assert_contains "in pause ()"
			assert_contains "in main (argc=2"
			assert_contains "syscall"
		done
	done
}
