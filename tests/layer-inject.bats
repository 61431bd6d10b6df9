#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The layer inject: strace's grammar, and faults by chance.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$BUILD/elfpatch/elfpatch" rewrite -q -o busybox /usr/bin/busybox || return
	"$CC" -O1 -Wall -static -o calls0 "$SRC/tests/layers/calls.c" || return
	"$BUILD/elfpatch/elfpatch" rewrite -q -o calls calls0
}

setup() {
	common_setup
	busybox=$BATS_FILE_TMPDIR/busybox
	calls=$BATS_FILE_TMPDIR/calls
	export SYSLAYER_IMAGE=$BUILD/layers/inject.img NICE
	NICE=$(nice)
	ulimit -c 0
}

# with FAULTS COUNT: calls of getpriority(2), the results in a row: 20 where the kernel answered.
with() {
	SYSLAYER_INJECT=$1 "$calls" "${@:2}"
}

@test "nothing to inject, nothing injected" {
	run with "" 4
	assert_equal "$status:$output" "0:20 20 20 20"
	run env -u SYSLAYER_INJECT "$calls" 4
	assert_equal "$output" "20 20 20 20"
}

@test "error= and retval= answer instead of the kernel" {
	run with "getpriority:error=EIO" 3
	assert_equal "$output" "-5 -5 -5"
	run with "getpriority:error=77" 2
	assert_equal "$output" "-77 -77"
	run with "inject=getpriority:retval=0x10" 2
	assert_equal "$output" "16 16"
	run with "mkdir:error=ENOSPC" 2
	assert_equal "$output" "20 20"
	SYSLAYER_INJECT=mkdir:error=ENOSPC run "$busybox" mkdir a
	assert_contains "No space left on device"
	[[ ! -e a ]] || fail "it was made"
}

@test "when=: FIRST, FIRST+, FIRST+STEP, FIRST..LAST, FIRST..LAST+STEP" {
	run with "getpriority:error=EIO:when=3" 6
	assert_equal "$output" "20 20 -5 20 20 20"
	run with "getpriority:error=EIO:when=3+" 6
	assert_equal "$output" "20 20 -5 -5 -5 -5"
	run with "getpriority:error=EIO:when=2+3" 9
	assert_equal "$output" "20 -5 20 20 -5 20 20 -5 20"
	run with "getpriority:error=EIO:when=2..4" 6
	assert_equal "$output" "20 -5 -5 -5 20 20"
	run with "getpriority:error=EIO:when=2..6+2" 8
	assert_equal "$output" "20 -5 20 -5 20 -5 20 20"
}

@test "the same as strace does" {
	need_tools strace
	local faults
	for faults in getpriority:error=EIO:when=2+2 getpriority:retval=3:when=3 getpriority:error=EAGAIN:when=1..3; do
		run with "$faults" 6
		assert_equal "$faults: $(env -u SYSLAYER_IMAGE strace -o /dev/null -e "inject=$faults" "$BATS_FILE_TMPDIR/calls0" 6)" \
			"$faults: $output"
	done
}

@test "syscall= makes another call instead" {
	run with "getpriority:syscall=getpid:when=2" 3
	[[ $output =~ ^20\ [1-9][0-9]*\ 20$ ]] || fail "$output"
}

@test "several faults; the later one counts" {
	run with "all:error=EPERM:when=100 getpriority:error=EIO:when=1;getpriority:error=ENOMEM:when=2" 3
	assert_equal "$output" "20 -12 20"
}

@test "delays, before and after" {
	local start
	start=$(date +%s%N)
	with "getpriority:delay_enter=30000" 3
	(($(date +%s%N) - start >= 90000000)) || fail "too fast"
	start=$(date +%s%N)
	with "getpriority:delay_exit=30ms:delay_enter=10ms" 3
	(($(date +%s%N) - start >= 120000000)) || fail "too fast"
	start=$(date +%s%N)
	with "getpriority:error=EIO:delay_exit=40ms:when=2" 3
	(($(date +%s%N) - start >= 40000000)) || fail "too fast"
}

@test "a signal" {
	run with "getpriority:signal=SIGUSR1:when=2" 3
	assert_status $((128 + 10))
	SYSLAYER_INJECT="mkdir:signal=TERM" run "$busybox" sh -c 'trap "echo caught" TERM; mkdir a'
	run with "getpriority:signal=9" 3
	assert_status 137
}

@test "chance= with a seed: the same faults again, about as many as it says" {
	local n
	run with "getpriority:error=EIO:chance=25%:seed=7" 4000
	n=$(tr ' ' '\n' <<<"$output" | grep -c -- -5)
	((n > 850 && n < 1150)) || fail "$n of 4000"
	printf '%s\n' "$output" >first
	run with "getpriority:error=EIO:chance=25%:seed=7" 4000
	assert_equal "$output" "$(cat first)"
	run with "getpriority:error=EIO:chance=25%:seed=8" 4000
	[[ $output != "$(cat first)" ]] || fail "another seed, the same faults"
	run with "getpriority:error=EIO:chance=0.5%" 4000
	n=$(tr ' ' '\n' <<<"$output" | grep -c -- -5)
	((n > 4 && n < 45)) || fail "$n of 4000"
	run with "getpriority:error=EIO:chance=100%" 3
	assert_equal "$output" "-5 -5 -5"
}

@test "a child counts from one on" {
	run with "getpriority:error=EIO:when=2" 3 fork
	assert_equal "$output" $'20 -5 20\n20 -5 20'
}

@test "what is wrong stops the program, with a reason" {
	local faults message
	while IFS='|' read -r faults message; do
		SYSLAYER_INJECT=$faults run -127 "$calls" 3
		assert_equal "$output" "syslayer: inject: SYSLAYER_INJECT: $message"
	done <<-'END'
		nosuch:error=EIO|nosuch: no such call or set of calls
		read:error=ENOSUCH|ENOSUCH: no such error
		read|read: nothing is to be injected
		read:when=1|read:when=1: nothing is to be injected
		read:eror=EIO|eror=EIO: no such option
		read:error=EIO:when=0|0: counting starts with 1
		read:error=EIO:when=5..3|5..3: it ends before it starts
		read:error=EIO:when=1+0|1+0: a step is at least 1
		read:error=EIO:when=x|x: not a number
		read:signal=NONE|NONE: no such signal
		read:delay_enter=1h|1h: not a number
		read:error=EIO:chance=5|5: not a percentage
		read:error=EIO:chance=101%|101%: not from 0.001% to 100%
		read:syscall=%file|%file: not one call
	END
}
