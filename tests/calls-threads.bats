#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten programs: threads, their ends, exact counts from many of them, cancellation and exceptions.

load helpers
load calls

calls=$SRC/tests/calls

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	link threads "$CC" -O1 -static -pthread "$calls/threads.c" &&
		link threads-dynamic "$CC" -O1 -pthread "$calls/threads.c" &&
		link threads-musl musl-gcc -O1 -static "$calls/threads.c" &&
		link_lld threads-lld clang-14 -O1 -static -pthread "$calls/threads.c" &&
		link cancelled "$CC" -O1 -static -pthread "$calls/cancelled.c" &&
		link cancelled-steps "$CC" -O1 -static -pthread "$calls/cancelled-steps.c" &&
		link cancelled-dynamic "$CC" -O1 -pthread "$calls/cancelled.c" &&
		link unwind g++ -O1 -static -pthread "$calls/unwind.cc" &&
		link unwind-pie g++ -O1 -static-pie -fPIE -pthread "$calls/unwind.cc" &&
		link_lld unwind-lld clang++-14 -O1 -static -pthread "$calls/unwind.cc" &&
		link unwind-dynamic g++ -O1 -pthread "$calls/unwind.cc"
}

setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export SYSLAYER_OUTPUT=$PWD/table
}

@test "threads that are joined" {
	local p
	for p in threads threads-dynamic threads-musl threads-lld; do
		alike ./$p join
	done
}

@test "threads that are detached, and unmap their own stacks" {
	local p
	for p in threads threads-dynamic threads-musl threads-lld; do
		alike ./$p detached
		[[ $p != threads-musl ]] || assert_equal "$(counted exit)" 1000 || return
	done
}

@test "threads without a stack when they end" {
	local p
	for p in threads threads-musl threads-lld; do
		alike ./$p stackless
		assert_equal "$p: $(counted exit)" "$p: 800"
	done
}

@test "calls from eight threads are counted exactly" {
	local p
	for p in threads threads-musl threads-lld; do
		alike ./$p hammer
		assert_equal "$p: $(counted getppid) $(counted getpgid) $(counted close)" "$p: 160000 160000 160000"
	done
}

@test "cancellation: of a thread that blocks in read, glibc" {
	local p
	for p in threads threads-dynamic threads-lld; do
		alike ./$p cancel
	done
}

# musl's handler asks whether the interrupted pc lies within __cp_begin and __cp_end: that site must stay. The
# layer is asked before.
@test "cancellation: of a thread that blocks in read, musl" {
	alike ./threads-musl cancel
	local t
	for t in table.linked table.rewritten; do
		(($(counted_in $t read) > 0 && $(counted_in $t futex) > 0)) || fail "$(cat $t)" || return
	done
}

# glibc, up to 2.40, unwinds from where its signal finds the thread.
@test "cancellation: wherever it finds a thread" {
	local layer what
	for what in storm failing blocked asynchronous uncaught disturbed; do
		alike ./cancelled $what || return
		alike ./cancelled-dynamic $what || return
		for layer in trace inject exhaustive; do
			SYSLAYER_IMAGE=$BUILD/layers/$layer.img run -0 timeout 300 ./cancelled.rewritten $what
			assert_equal "$layer: $output" "$layer: $what: right" || return
		done
	done
}

@test "cancellation: wherever it finds a thread, elfpatch run" {
	local layer what
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR
	for layer in trace count; do
		for what in storm failing blocked asynchronous disturbed; do
			run timeout 60 "$BUILD/elfpatch/elfpatch" run --layer="$BUILD/layers/$layer.img" -o said -- \
				./cancelled-dynamic.plain $what
			assert_equal "$layer: $status:$output" "$layer: 0:$what: right" || return
		done
	done
}

@test "cancellation: at each instruction" {
	local layer what stride
	run -0 ./cancelled-steps.plain signal
	export SYSLAYER_INJECT=getuid:error=EPERM SYSLAYER_OUTPUT=/dev/null
	while read -r layer stride what; do
		for what in $what; do
			SYSLAYER_IMAGE=$BUILD/layers/$layer.img run timeout 100 ./cancelled-steps.rewritten "$what" "$stride"
			assert_equal "$layer: $status:$output" "$layer: 0:$what: right" || return
		done
	done <<-'END'
		count 1 error signal fault
		inject 1 call signal fault
		exhaustive 1 raw nothing int80 signal
		trace 7 call
	END
}

@test "exceptions are caught, and run destructors" {
	local p
	for p in unwind unwind-pie unwind-lld unwind-dynamic; do
		alike ./$p
	done
}

@test "cancellation: runs destructors" {
	local p
	for p in unwind unwind-pie unwind-lld unwind-dynamic; do
		alike ./$p cancelled
	done
}

@test "cancellation: runs destructors, in a layer, too" {
	local p
	for p in unwind unwind-pie unwind-lld; do
		alike ./$p busy
		SYSLAYER_IMAGE=$BUILD/layers/trace.img run -0 timeout 60 ./$p.rewritten busy
		assert_equal "$p: $output" "$p: busy: right" || return
	done
}
