#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Unwinding through slots and trampolines: debuggers, exceptions, handlers of signals, and the tables themselves.

load helpers
load calls

unwind=$SRC/tests/unwind
functions="before pushed after target framed gated slotless asked jumped"

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -static -o static "$unwind/step.c" &&
		"$CC" -O1 -static-pie -fPIE -o static-pie "$unwind/step.c" &&
		"$CC" -O1 -fPIE -pie -o pie "$unwind/step.c" &&
		"$CC" -O1 -no-pie -o nopie "$unwind/step.c" &&
		musl-gcc -O1 -static -o musl "$unwind/step.c" &&
		clang-14 -O1 -static -fuse-ld=lld -o lld "$unwind/step.c" || return
	local k
	for k in static static-pie pie nopie musl lld; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o "$k.rw" "$k" || return
	done
	link signals g++ -O1 -fnon-call-exceptions -static "$unwind/signals.cc" &&
		link signals-pie g++ -O1 -fnon-call-exceptions -static-pie -fPIE "$unwind/signals.cc" &&
		link signals-dynamic g++ -O1 -fnon-call-exceptions "$unwind/signals.cc" &&
		link_lld signals-lld clang++-14 -O1 -fnon-call-exceptions -static "$unwind/signals.cc" &&
		link handlers g++ -O1 -fnon-call-exceptions -static "$unwind/handlers.cc" &&
		link handlers-pie g++ -O1 -fnon-call-exceptions -static-pie -fPIE "$unwind/handlers.cc" &&
		link handlers-dynamic g++ -O1 -fnon-call-exceptions "$unwind/handlers.cc"
}

setup() {
	calls_setup
	cd "$BATS_FILE_TMPDIR" || return
	export SYSLAYER_OUTPUT=$PWD/table
}

# stepped FILE PLACE...: gdb steps through the places, and finds nothing wrong.
stepped() {
	local file=$1
	shift
	STEP_AT=$* run -0 gdb -q -nx -batch -x "$unwind/step.py" "$file"
	run -0 grep -E '^[*a-z0-9]+: ' <<<"$output"
	refute_contains wrong
	assert_equal "${#lines[@]}" $#
}

@test "gdb: at each instruction from a site to its slot and back the callers are found" {
	local k line
	for k in static static-pie pie nopie musl lld; do
		# shellcheck disable=SC2086 # several words
		stepped "$k.rw" $functions
		# All of them do leave the program's own code.
		for line in "${lines[@]}"; do
			[[ $line =~ ,\ ([0-9]+)\ added ]] && ((BASH_REMATCH[1] >= 9)) || fail "$k: $line"
		done
		assert_contains "2 callers" "${lines[0]}"
	done
}

@test "gdb: without symbols" {
	local f at=()
	for f in $functions; do
		at+=("*0x$(nm static | awk -v f="$f" '$3 == f { print $1 }')")
	done
	strip -o stripped static
	elfpatch rewrite -q -o stripped.rw stripped
	stepped stripped.rw "${at[@]}"
}

@test "gdb: through the counting layer" {
	SYSLAYER_IMAGE=${count-} SYSLAYER_OUTPUT=/dev/null stepped static.rw before pushed after framed
}

# waiting PROGRAM: runs it until it waits in a call of the C library; its number is in $pid.
waiting() {
	rm -f ready
	"$1" wait library >ready 3>&- &
	pid=$!
	until [[ -s ready && $(<"/proc/$pid/wchan") != 0 ]]; do
		kill -0 "$pid" || fail "$1 has ended" || return
		sleep 0.01
	done
}

@test "eu-stack: the callers of a thread that waits" {
	local p
	for p in signals-pie signals-pie.rewritten; do
		elfpatch stamp -q --image="$NATIVE" -o "$p.stamped" "$p"
	done
	for p in signals signals-lld signals-dynamic signals-pie{,.rewritten}{,.stamped}; do
		waiting "./$p"
		run eu-stack -p "$pid"
		kill "$pid"
		[[ $output =~ waits.*calls.*main ]] || fail "$p: $output"
	done
}

# callers_by_perf HOW PROGRAM...: perf(1) finds the callers of all but a few of the calls.
callers_by_perf() {
	local how=$1 p all found
	shift
	for p in "$@"; do
		# By their build-ids a cache has the plain programs for the rewritten ones.
		perf --buildid-dir "$PWD/cache" record -q -N -e cpu-clock -F 2000 --call-graph "$how" -o data "./$p" \
			>/dev/null
		perf --buildid-dir "$PWD/cache" script -i data -F ip,sym >samples 2>/dev/null
		all=$(awk 'BEGIN { RS = "" } END { print NR }' samples)
		found=$(awk 'BEGIN { RS = "" } /\<calls\>.*\<main\>/ { n++ } END { print n + 0 }' samples)
		((all >= 20 && found >= all * 3 / 4)) || fail "$how $p: $found of $all" || return
	done
}

@test "perf: call graphs by frame pointers and by DWARF" {
	perf record -q -N -e cpu-clock -o data true >/dev/null 2>&1 || skip "no perf_event_open(2)"
	local k p
	local busy=("$unwind/busy.c" -O1 -fno-omit-frame-pointer)
	link busy-pie "$CC" "${busy[@]}" -static-pie -fPIE
	link_lld busy-lld clang-14 "${busy[@]}" -static
	link_lld busy-lld-pie clang-14 "${busy[@]}" -static-pie -fPIE
	for k in busy-pie busy-lld busy-lld-pie; do
		for p in $k $k.rewritten; do
			elfpatch stamp -q --image="$BUILD/layers/count.img" -o "$p.stamped" "$p"
		done
		callers_by_perf dwarf $k.plain $k $k.rewritten $k.stamped $k.rewritten.stamped
		callers_by_perf fp $k.plain $k $k.rewritten $k.stamped $k.rewritten.stamped
		SYSLAYER_IMAGE=$BUILD/layers/count.img callers_by_perf fp $k $k.rewritten
	done
	# gcc's have no search table, by which perf finds the callers.
	link busy-static "$CC" "${busy[@]}" -static
	callers_by_perf fp busy-static.plain busy-static busy-static.rewritten
}

@test "gdb: the callers of a thread that waits, in a core file" {
	local p
	for p in signals signals-pie signals-lld; do
		waiting "./$p"
		run -0 gdb -q -nx -batch -p "$pid" -ex 'generate-core-file core'
		kill "$pid"
		run -0 gdb -q -nx -batch -ex bt "$p" core
		[[ $output =~ waits.*calls.*main ]] || fail "$p: $output"
	done
}

@test "signals: a handler finds the callers of the call that it interrupted" {
	local p how
	for p in signals signals-pie signals-lld signals-dynamic; do
		for how in own library restart; do
			alike "./$p" backtrace "$how"
			assert_contains "$(printf '%s\n' waits calls main)"
		done
	done
}

@test "signals: a handler throws, and jumps, out of the call that it interrupted" {
	local p how
	for p in signals signals-pie signals-lld signals-dynamic; do
		for how in own library restart; do
			alike "./$p" throw "$how"
			assert_equal "$output" "throw $how: 5, destroyed 1, handled 1"
			alike "./$p" jump "$how"
		done
	done
}

@test "signals: under a layer in C" {
	local p how image=$BUILD/layers/trace.img
	need_files "$image"
	for p in signals signals-pie signals-lld; do
		for how in own library restart; do
			run -0 "./$p.plain" backtrace "$how"
			local expected=$output
			SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=/dev/null run -0 "./$p" backtrace "$how"
			assert_equal "$output" "$expected"
			SYSLAYER_IMAGE=$image SYSLAYER_OUTPUT=/dev/null run -0 "./$p" throw "$how"
			assert_equal "$output" "throw $how: 5, destroyed 1, handled 1"
		done
	done
}

@test "signals: a handler of an instruction's signal is left by unwinding" {
	local p how
	for p in handlers handlers-pie handlers-dynamic; do
		alike "./$p" throw
		assert_equal "$output" "throw: 5, destroyed 2"
		alike "./$p" backtrace
		assert_equal "$output" $'faults\nmain\nbacktrace: 6, destroyed 2'
		alike "./$p" cancel
		assert_equal "$output" "cancel: 1, destroyed 3"
	done
}

@test "signals: handlers that are left by unwinding, under layers that put their return elsewhere" {
	local layer how expected by
	for layer in enforce pin exhaustive trace; do
		need_files "$BUILD/layers/$layer.img"
		export SYSLAYER_IMAGE=$BUILD/layers/$layer.img SYSLAYER_OUTPUT=/dev/null
		for how in throw backtrace cancel return; do
			run -0 ./handlers.plain $how
			expected=$output
			for by in ./handlers ./handlers.rewritten ./handlers-pie.rewritten \
				"elfpatch run --layer=$SYSLAYER_IMAGE -- ./handlers-dynamic.plain"; do
				# shellcheck disable=SC2086 # several words
				run -0 timeout 60 $by $how
				assert_equal "$by: $output" "$by: $expected"
			done
		done
	done
}

@test "gdb: from where a handler returns to in the section, the interrupted function is found" {
	SYSLAYER_IMAGE=$BUILD/layers/enforce.img run -0 gdb -q -nx -batch -ex 'handle SIGSEGV nostop noprint pass' \
		-ex 'set disassemble-next-line on' -ex 'break handler' -ex 'run return' -ex finish -ex bt -ex stepi -ex bt \
		./handlers.rewritten
	[[ $output =~ mov\ *\$0xf,.*faults.*main.*syscall.*faults.*main ]] || fail "$output"
}

# tables PLAIN HOW: of PLAIN rewritten; it runs and is well.
tables() {
	elfpatch rewrite -q -o tables.rw "$1"
	# shellcheck disable=SC2046 # several words
	run -0 python3 "$unwind/tables.py" "$1" tables.rw \
		$(elfpatch inspect --json --sites tables.rw | jq '.[0].site[].fill.start // empty')
	assert_contains "$2"
	run -0 elfpatch verify tables.rw
	run -0 ./tables.rw
}

@test "search table: one function is joined with what is added, or two with each other" {
	"$CC" -nostdlib -static -Wl,--eh-frame-hdr -DLAST -o last "$unwind/personalities.S"
	"$CC" -O1 -static-pie -fPIE -DNO_FILL -o static-pie-no "$unwind/step.c"
	"$CC" -O1 -pie -fPIE -DNO_FILL -o pie-no "$unwind/step.c"
	clang-14 -O1 -static -fuse-ld=lld -DNO_FILL -o lld-no "$unwind/step.c"
	tables static-pie-no "in place 0"
	tables pie-no "in place 0"
	tables lld-no "in place 0"
	tables last "in place 0"
}

@test "search table: a header of its own where none can be joined, or where there is none" {
	"$CC" -nostdlib -static -Wl,--eh-frame-hdr -o all "$unwind/personalities.S"
	tables all "own header 1"
	"$CC" -O1 -static -DNO_FILL -o static-no "$unwind/step.c"
	musl-gcc -O1 -static -DNO_FILL -o musl-no "$unwind/step.c"
	tables static-no "own header 1"
	tables musl-no "own header 1"
}

@test "search table: a jump in fill has an entry of its own" {
	local k
	for k in static static-pie pie nopie musl lld; do
		tables $k "own header 2"
	done
}
