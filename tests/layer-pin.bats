#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The layer pin: calls from outside of the section end the program, or are reported.

load helpers
load run

setup_file() {
	run_setup_file || return
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -Wall -pthread -o dynamic "$SRC/tests/layers/outside.c" || return
	"$CC" -O1 -Wall -o slots1 "$SRC/tests/layers/slots.c" || return
	"$CC" -O1 -Wall -static -o slots0 "$SRC/tests/layers/slots.c" || return
	"$BUILD/elfpatch/elfpatch" rewrite -q -o slots slots0 || return
	"$CC" -O1 -Wall -static -pthread -o outside0 "$SRC/tests/layers/outside.c" || return
	"$BUILD/elfpatch/elfpatch" rewrite -q -o outside outside0 || return
	"$BUILD/elfpatch/elfpatch" rewrite -q -o busybox /usr/bin/busybox
}

setup() {
	run_setup
	outside=$BATS_FILE_TMPDIR/outside
	export SYSLAYER_IMAGE=$BUILD/layers/pin.img
	unset SYSLAYER_PIN
	ulimit -c 0
}

@test "a program that stays in the section does not notice" {
	run "$outside"
	assert_equal "$status:$output" $'0:caught 10\nend'
	run "$outside" vfork
	assert_equal "$status:$output" $'0:caught 10\nend'
	run "$BATS_FILE_TMPDIR/busybox" sh -c 'trap "echo trapped" USR1; kill -USR1 $$; ls / | wc -l >/dev/null; (exit 3); echo $?; date >/dev/null'
	assert_equal "$status:$output" $'0:trapped\n3'
}

@test "a call from elsewhere is SIGSYS, in threads and children, too" {
	local how
	for how in here thread fork blocked off; do
		run "$outside" "$how"
		assert_equal "$how: $status" "$how: 159"
		refute_contains made
		[[ ${lines[1]-} =~ ^syslayer:\ pin:\ getppid\ at\ 0x[0-9a-f]+,\ outside\ of\ the\ section$ ]] || [[ $how == blocked ]] ||
			fail "$how: $output"
	done
}

@test "SYSLAYER_PIN=report: a line, and the call is made" {
	local how
	for how in here thread fork; do
		SYSLAYER_PIN=report run --separate-stderr "$outside" "$how"
		assert_status 0
		assert_contains made
		# shellcheck disable=SC2154 # set by run
		[[ $stderr =~ ^syslayer:\ pin:\ getppid\ at\ 0x[0-9a-f]+,\ outside\ of\ the\ section$ ]] || fail "$how: $stderr"
	done
}

# dynamic ARGUMENT...: the program with its dynamic linker and C library rewritten.
dynamic() {
	elfpatch run --layer="$SYSLAYER_IMAGE" -- "$BATS_FILE_TMPDIR/dynamic" "$@"
}

@test "dynamic programs: a program that stays in the section does not notice" {
	local how
	for how in "" vfork; do
		run dynamic $how
		assert_equal "$status:$output" $'0:caught 10\nend'
	done
	# shellcheck disable=SC2016 # for the inner shell
	run elfpatch run --layer="$SYSLAYER_IMAGE" -- bash -c 'trap "echo trapped" USR1; kill -USR1 $$; ls / | wc -l >/dev/null; (exit 3); echo $?; echo "$(date >/dev/null; echo nested)"'
	assert_equal "$status:$output" $'0:trapped\n3\nnested'
	run elfpatch run --layer="$SYSLAYER_IMAGE" -- /usr/bin/python3 "$SRC/tests/coverage/program.py"
	assert_status 0
	refute_contains "outside of the section"
}

@test "dynamic programs: a call from elsewhere is SIGSYS, in threads and children, too" {
	local how
	for how in here thread fork blocked off; do
		run dynamic "$how"
		assert_equal "$how: $status" "$how: 159"
		refute_contains made
		[[ ${lines[1]-} =~ ^syslayer:\ pin:\ getppid\ at\ 0x[0-9a-f]+,\ outside\ of\ the\ section$ ]] || fail "$how: $output"
		SYSLAYER_PIN=report run dynamic "$how"
		assert_status 0
		assert_contains made
	done
}

@test "a slot makes its own call only" {
	# The slot of getppid is mov $110,%eax; syscall.
	assert_equal "$(od -An -tx1 -j $((110 * 64)) -N 7 "$SYSLAYER_IMAGE" | tr -d ' ')" b86e0000000f05
	run "$BATS_FILE_TMPDIR/slots"
	assert_equal "$output" own
	run elfpatch run --layer="$SYSLAYER_IMAGE" -- "$BATS_FILE_TMPDIR/slots1"
	assert_equal "$output" own
}

@test "a setting that is wrong stops the program" {
	SYSLAYER_PIN=maybe run -127 "$outside"
	assert_equal "$output" "syslayer: pin: SYSLAYER_PIN: maybe: not kill or report"
}
