#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What layers say comes out, whatever the program does with its descriptors; and the program does not notice.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -Wall -Wextra -static -o outputs "$SRC/tests/calls/outputs.c" &&
		"$BUILD/elfpatch/elfpatch" rewrite -q -o outputs.rw outputs
}

setup() {
	common_setup
	outputs=$BATS_FILE_TMPDIR/outputs
	unset SYSLAYER_TRACE SYSLAYER_OUTPUT SYSLAYER_FORMAT
}

# inherits_none COMMAND...: without the descriptors of the test's own.
inherits_none() {
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			((fd < 3)) || eval "exec $fd>&-"
		done
		exec "$@"
	)
}

# comes_out LAYER WAY PATTERN: the program does as by itself, and the layer's last line to standard error is that.
comes_out() {
	inherits_none "$outputs" "$2" || fail "$2, by itself: $?" || return
	SYSLAYER_IMAGE=$BUILD/layers/$1.img inherits_none "$outputs.rw" "$2" 2>err || fail "$1, $2: $?" "$(cat err)" || return
	[[ $(tail -n 1 err) =~ $3 ]] || fail "$1, $2:" "$(tail -n 3 err)"
}

@test "standard error is closed, or replaced; all descriptors are closed" {
	local way
	for way in closed replaced one-by-one range; do
		comes_out count $way 'total$'
		comes_out count-time $way 'total$'
		comes_out trace $way '\+\+\+ exited with 0 \+\+\+$'
	done
}

@test "what the program does is counted and traced as without an output to be kept" {
	comes_out count one-by-one 'total$'
	assert_equal "$(awk '$NF == "close" { print $1, $2 }' err)" "1021 1021"
	comes_out count range 'total$'
	assert_equal "$(awk '$NF == "close_range" { print $1, $2 }' err)" "326 1"
	comes_out trace one-by-one exited
	assert_equal "$(grep -c 'close(.* = -1 EBADF (Bad file descriptor)$' err)" 1021
}

@test "who looks for open descriptors does not find it" {
	comes_out trace looked-for '\+\+\+ exited with 0 \+\+\+$'
	comes_out exhaustive looked-for 'outside of the section$|^$'
	SYSLAYER_TRACE="-o log" comes_out trace looked-for '^$'
	SYSLAYER_TRACE="-e trace=write" comes_out trace looked-for 'exited with 0'
}

@test "a limit on the size of files, set later, does not kill" {
	local layer
	for layer in trace count count-time exhaustive; do
		SYSLAYER_TRACE="-o log" SYSLAYER_OUTPUT=$PWD/table comes_out $layer limited '^$'
	done
	# Up to there.
	grep -q '^[0-9]* *[a-z]*(' log || fail "$(cat log)"
}

@test "a file is kept, too" {
	local way
	for way in one-by-one range; do
		SYSLAYER_TRACE="-o log" comes_out trace $way '^$'
		assert_contains '+++ exited with 0 +++' "$(tail -n 1 log)"
	done
}

@test "without standard error nothing is written to what takes its number" {
	local layer
	for layer in count trace; do
		SYSLAYER_IMAGE=$BUILD/layers/$layer.img inherits_none bash -c "exec '$outputs.rw' closed 2>&-" || true
		SYSLAYER_IMAGE=$BUILD/layers/$layer.img inherits_none bash -c "exec '$outputs.rw' replaced 2>&-" || fail "$?" || return
		assert_equal "$(cat errors)" mine
	done
}
