#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs: signals that come 5,000 times a second, before, in and behind calls.

load helpers
load calls

calls=$SRC/tests/calls

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	link signals "$CC" -O1 -static -pthread "$calls/signals.c" &&
		link signals-dynamic "$CC" -O1 -pthread "$calls/signals.c" &&
		link signals-musl musl-gcc -O1 -static "$calls/signals.c"
}

setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export SYSLAYER_OUTPUT=$PWD/table
}

# all_alike WHAT
all_alike() {
	local p
	for p in signals signals-dynamic signals-musl; do
		alike ./$p "$1"
		assert_equal "$output" "$1: right"
	done
}

# under_c WHAT: layers whose handlers are C.
under_c() {
	local p layer
	for p in signals signals-musl; do
		for layer in count-time trace; do
			SYSLAYER_TRACE="-o /dev/null" SYSLAYER_IMAGE=$BUILD/layers/$layer.img run -0 timeout 60 ./$p.rewritten "$1"
			assert_equal "$layer: $output" "$layer: $1: right"
		done
	done
}

@test "calls that do not block, handlers within handlers" {
	all_alike nonblocking
}

@test "handlers on a stack of their own" {
	all_alike stack
}

@test "handlers within handlers, on a stack of their own, and layers whose handlers are C" {
	all_alike nested-on-stack
	under_c nested-on-stack
}

@test "SA_RESTART: a call that blocks goes on" {
	all_alike restart
}

@test "without SA_RESTART a call that blocks ends with EINTR" {
	all_alike interrupted
	local table
	for table in table.linked table.rewritten; do
		(($(counted_in $table read) >= 1000)) || fail "$table: read was counted $(counted_in $table read) times"
	done
}

@test "siglongjmp out of a call that blocks, 10,000 times, also where layers are C" {
	all_alike leave
	under_c leave
}

@test "a handler's way back whose number is not known" {
	all_alike restorer
	under_c restorer
}

@test "stopped and continued" {
	all_alike stopped
}

@test "signals at threads that block" {
	all_alike threads
}
