#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The stub images native and count, under a program of our own that goes to their slots as a
# rewritten one does (tests/layers).

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -Wall -Wextra -static -pthread -I"$SRC/include" -o host \
		"$SRC/tests/layers/host.c" "$SRC/tests/layers/site.c"
}

setup() {
	common_setup
	host=$BATS_FILE_TMPDIR/host
	native=$BUILD/layers/native.img
	count=$BUILD/layers/count.img
	need_files "$native" "$count"
	unset SYSLAYER_OUTPUT SYSLAYER_FORMAT HOST_COMM
	ulimit -c 0
}

# counted FILE NAME: "calls errors" of a line of a table; errors is 0 where it is blank.
counted() {
	awk -v name="$2" '$NF == name { print $1, NF == 3 ? $2 : 0 }' "$1"
}

# reports FILE: how many tables it holds.
reports() {
	grep -c ' total$' "$1" || true
}

# field FILE EXPRESSION: of JSON in a file.
field() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# same_end ARG...: the program ends alike without a layer and with count; leaves the table in err.
same_end() {
	local expected
	run "$host" "$native" "$@"
	expected=$status
	run bash -c '"$@" 2>err' - "$host" "$count" "$@"
	[[ $status -eq $expected ]] || fail "$*: status $status, not $expected"
}

@test "images: whole pages, a header that says so, no more than the section" {
	local f
	for f in "$native" "$count"; do
		(($(stat -c %s "$f") % 4096 == 0)) || fail "$f: not whole pages"
		assert_equal "$(head -c 24 "$f" | tail -c 8)" SYSLAYER
		assert_equal "$(od -An -tu4 -j40 -N4 "$f" | tr -d ' ')" "$(stat -c %s "$f")"
	done
	assert_equal "$(stat -c %s "$native")" 32768
	assert_equal "$(od -An -tu4 -j44 -N8 "$native" | tr -s ' ')" " 0 0"
	assert_equal "$(tail -c +81 "$count" | head -c 5)" count
}

@test "native: registers, flags, xmm and the red zone are kept" {
	run "$host" "$native" registers
	assert_equal "$status:$output" 0:
}

@test "count: registers, flags, xmm and the red zone are kept" {
	SYSLAYER_OUTPUT=table run "$host" "$count" registers
	assert_equal "$status:$output" 0:
	assert_equal "$(counted table getpid)" "18 0"
	assert_equal "$(counted table read)" "9 9"
}

@test "native: every call gives what the kernel gives" {
	run "$host" "$native" results
	assert_equal "$status:$output" 0:
}

@test "count: every call gives what the kernel gives, and is counted" {
	SYSLAYER_OUTPUT=table run "$host" "$count" results
	assert_equal "$status:$output" 0:
	assert_equal "$(counted table read)" "1 1"
	assert_equal "$(counted table getuid)" "1 0"
	assert_equal "$(counted table syscall_511)" "1 1"
	assert_equal "$(counted table exit_group)" "1 0"
}

@test "count: only -4095 to -1 is an error" {
	SYSLAYER_OUTPUT=table run "$host" "$count" not-an-error
	assert_equal "$status:$output" 0:
	assert_equal "$(counted table lseek)" "3 1"
}

@test "count: the table, line by line" {
	run "$host" "$count" some
	assert_status 0
	[[ ${lines[0]} =~ ^count:\ host\[[0-9]+\]$ ]] || fail "${lines[0]}"
	assert_equal "$(printf '%s\n' "${lines[@]:1}")" "\
    calls    errors syscall
--------- --------- ----------------
        3           getppid
        2         2 close
        1           exit_group
        1         1 syscall_511
--------- --------- ----------------
        7         3 total"
}

@test "count: the table as JSON" {
	need_tools python3
	HOST_COMM=$'a"\\\x01\xc3\xa9\xff\xe2\x82' SYSLAYER_FORMAT=json SYSLAYER_OUTPUT=json run "$host" "$count" some
	assert_equal "$status:$output" 0:
	assert_equal "$(wc -l <json)" 1
	python3 -m json.tool json >/dev/null
	assert_equal "$(field json 'r["layer"], r["calls"]["close"], r["total"]')" \
		"('count', {'calls': 2, 'errors': 2}, {'calls': 7, 'errors': 3})"
	assert_equal "$(field json 'ascii(r["comm"])')" $'\'a"\\\\\\x01\\xe9\\ufffd\\ufffd\\ufffd\''
	assert_equal "$(field json 'sorted(r["calls"])')" "['close', 'exit_group', 'getppid', 'syscall_511']"
}

@test "count: the sum over a tree of processes, in one table" {
	local n
	"$BUILD/elfpatch/elfpatch" rewrite -q -o busybox /usr/bin/busybox
	SYSLAYER_IMAGE=$count SYSLAYER_FORMAT=sum SYSLAYER_OUTPUT=table ./busybox sh -c \
		'for i in 1 2 3 4 5 6 7 8 9 10; do (umask 1; umask 2; rmdir nowhere 2>/dev/null) & done; wait; exec ./busybox true'
	# The shell, its children, and what it execs; all at once, and none is lost.
	n=$(sed -n '1s/^count: \([0-9]*\) processes$/\1/p' table)
	((n >= 12)) || fail "$(head -n 1 table)"
	assert_equal "$(counted table umask)" "60 0"
	assert_equal "$(counted table rmdir)" "10 10"
	assert_equal "$(counted table exit_group | cut -d' ' -f1)" "$((n - 1))"
	assert_equal "$(awk 'NR > 3 && /^ / && $NF != "total" { n += $1 } END { print n }' table)" \
		"$(counted table total | cut -d' ' -f1)"
	# Another program goes on where this one has stopped.
	SYSLAYER_FORMAT=sum SYSLAYER_OUTPUT=table "$host" "$count" some
	assert_equal "$(counted table syscall_511)" "1 1"
	assert_contains "count: $((n + 1)) processes" "$(head -n 1 table)"
	assert_equal "$(grep -c total table)" 1
}

@test "count-time: the time that calls take" {
	need_tools python3
	"$CC" -O1 -w -static -o sleeps0 -xc - <<<'#include <sys/syscall.h>
		int main(void) { long t[2] = {0, 50000000}; for (int i = 0; i < 3; i++) syscall(SYS_nanosleep, t, 0); syscall(SYS_close, -1); }'
	"$BUILD/elfpatch/elfpatch" rewrite -q -o sleeps sleeps0
	SYSLAYER_IMAGE=$BUILD/layers/count-time.img SYSLAYER_OUTPUT=table ./sleeps
	# The two clocks are compared for a millisecond: a thousandth is the error.
	awk '$NF == "nanosleep" { exit !($2 >= 0.1498 && $3 >= 49900 && $4 == 3) }' table || fail "$(cat table)"
	assert_equal "$(awk 'NR == 4 { print $NF }' table)" nanosleep
	assert_equal "$(awk '$NF == "close" { print $4, $5 }' table)" "1 1"
	SYSLAYER_IMAGE=$BUILD/layers/count-time.img SYSLAYER_OUTPUT=json SYSLAYER_FORMAT=json ./sleeps
	assert_equal "$(field json 'r["calls"]["nanosleep"]["ns"] >= 149800000')" True
	# Over a tree.
	SYSLAYER_IMAGE=$BUILD/layers/count-time.img SYSLAYER_OUTPUT=sum SYSLAYER_FORMAT=sum ./sleeps
	SYSLAYER_IMAGE=$BUILD/layers/count-time.img SYSLAYER_OUTPUT=sum SYSLAYER_FORMAT=sum ./sleeps
	awk '$NF == "nanosleep" { exit !($2 >= 0.2996 && $4 == 6) }' sum || fail "$(cat sum)"
}

@test "count: exact with many threads" {
	SYSLAYER_OUTPUT=table run "$host" "$count" threads 8 50000
	assert_status 0
	assert_equal "$(counted table getppid)" "400000 0"
	assert_equal "$(counted table close)" "400000 400000"
	assert_equal "$(counted table read)" "400000 400000"
}

@test "count: exact with a thread on a piece of the initial stack" {
	"$CC" -O1 -w -static -o stacks0 "$SRC/tests/layers/stacks.c"
	"$BUILD/elfpatch/elfpatch" rewrite -q -o stacks stacks0
	SYSLAYER_IMAGE=$count SYSLAYER_OUTPUT=table run ./stacks 1000000
	assert_equal "$status:$output" 0:
	assert_equal "$(counted table getppid)" "2000000 0"
	assert_equal "$(counted table close)" "2000000 2000000"
}

@test "count: a child of fork counts its own calls only" {
	local how parent child
	for how in fork clone; do
		rm -f r.*
		SYSLAYER_OUTPUT=r.%p run "$host" "$count" fork "$how"
		assert_status 0
		read -r _ parent _ child <<<"$output"
		assert_contains "[$child]" "$(head -n 1 "r.$child")"
		assert_equal "$(counted "r.$child" getppid)" ""
		assert_equal "$(counted "r.$child" getuid)" "1 0"
		assert_equal "$(counted "r.$child" total)" "2 0"
		assert_equal "$(counted "r.$parent" getppid)" "5 0"
		assert_equal "$(counted "r.$parent" "$how")" "1 0"
		assert_equal "$(counted "r.$parent" total)" "7 0"
	done
}

@test "count: a child of vfork counts for its parent, and prints nothing" {
	SYSLAYER_OUTPUT=table run "$host" "$count" vfork
	assert_equal "$status:$output" 0:
	assert_equal "$(reports table)" 1
	assert_equal "$(counted table vfork)" "3 0"
	assert_equal "$(counted table execve)" "1 0"
	assert_equal "$(counted table exit_group)" "2 0"
	# In a child of fork as well, whose table is a fresh one.
	SYSLAYER_OUTPUT=second run "$host" "$count" vfork again
	assert_equal "$status:$output" 0:
	assert_equal "$(reports second)" 2
}

@test "native: an interrupted call is made again" {
	run "$host" "$native" restart
	assert_equal "$status:$output" 0:
}

@test "count: an interrupted call is made again, and counted once" {
	SYSLAYER_OUTPUT=table run "$host" "$count" restart
	assert_equal "$status:$output" 0:
	assert_equal "$(counted table read)" "2 1"
	assert_equal "$(counted table readv)" "1 0"
	assert_equal "$(counted table nanosleep)" "1 0"
}

@test "count: prints before an exec that succeeds" {
	local kernel
	printf '#!/bin/sh\necho from a script\n' >script
	chmod +x script
	# -o: a kernel that cannot be asked; an empty word would be the image.
	for kernel in -o -; do
		rm -f table second
		SYSLAYER_OUTPUT=table run "$host" "$kernel" "$count" exec "$PWD/script"
		assert_equal "$status:$output" "0:from a script"
		assert_equal "$(reports table)" 1
		assert_equal "$(counted table execve)" "1 0"
		SYSLAYER_OUTPUT=second run "$host" "$kernel" "$count" fexec /bin/true
		assert_equal "$status:$output:$(reports second)" "0::1"
	done
}

@test "count: an exec that fails prints nothing, and the counts go on" {
	local f kernel
	mkdir directory
	echo data >data
	printf 'echo no interpreter\n' >text
	chmod +x text
	for f in nowhere directory data text; do for kernel in -o -; do
		rm -f table
		SYSLAYER_OUTPUT=table run "$host" "$kernel" "$count" exec "$PWD/$f"
		assert_status 0
		[[ ${lines[0]} == -* && ${lines[0]} == "${lines[1]}" ]] || fail "$f: $output"
		assert_equal "${lines[2]}" -14
		assert_equal "$f: $(reports table)" "$f: 1"
		assert_equal "$(counted table execve)" "2 2"
		assert_equal "$(counted table execveat)" "1 1"
		assert_equal "$(counted table getppid)" "1 0"
	done; done
}

@test "count: exit_group in many threads at once prints once" {
	local table
	for table in 1 2 3 4 5; do
		SYSLAYER_OUTPUT=$table run "$host" "$count" exit-in-thread
		assert_equal "$status:$output" 5:
		assert_equal "$(reports "$table")" 1
	done
}

@test "count: prints once, when two threads get to it one after the other" {
	SYSLAYER_OUTPUT=table run "$host" "$count" twice
	assert_equal "$status:$output" 0:
	assert_equal "$(reports table)" 1
	assert_equal "$(counted table getppid)" ""
}

@test "count: exit of threads prints with the last one only" {
	local n first
	for n in 0 1 2 8; do
		for first in leader threads; do
			rm -f table
			SYSLAYER_OUTPUT=table run "$host" "$count" lone-exits "$n" "$first" 1000
			assert_equal "$n $first: $output" "$n $first: "
			assert_equal "$n $first: $(reports table)" "$n $first: 1"
			assert_equal "$(counted table exit)" "$((n + 1)) 0"
		done
	done
}

@test "count: a signal that kills prints, and kills as it would" {
	local sig
	for sig in {1..16} {24..27} {29..64}; do
		[[ $sig != 9 ]] || continue
		same_end kill "$sig"
		assert_equal "signal $sig: $status" "signal $sig: $((128 + sig))"
		assert_equal "signal $sig: $(reports err)" "signal $sig: 1"
		assert_equal "$(counted err kill)" "1 0"
	done
}

@test "count: a signal that kills prints, after a handler that was there for once" {
	local sig
	for sig in {1..8} {10..16} {24..27} 29 30 {34..64}; do
		same_end kill-again "$sig"
		assert_equal "signal $sig: $status" "signal $sig: $((128 + sig))"
		assert_equal "signal $sig: $(reports err)" "signal $sig: 1"
		assert_equal "$(counted err kill)" "4 0"
	done
}

@test "count: faults and abort print, and kill as they would" {
	local what
	for what in segv general-protection ill trap fpe bus abort; do
		same_end fault "$what"
		((status > 128)) || fail "$what: status $status"
		assert_equal "$what: $(reports err)" "$what: 1"
	done
}

@test "count: a signal that only sigsuspend lets in kills" {
	same_end suspend
	assert_equal "$status" $((128 + 10))
	assert_equal "$(reports err)" 1
}

@test "count: calls that a signal cuts short count once, whether they come back or not" {
	local how
	"$CC" -O1 -Wall -Wextra -static -pthread -o left.plain "$SRC/tests/layers/left.c"
	elfpatch rewrite -q -o left left.plain
	for how in "" THREAD; do
		SYSLAYER_IMAGE=$count SYSLAYER_OUTPUT=table$how run -0 ./left $how
		assert_equal "$how: $(counted "table$how" read), $(counted "table$how" kill)" "$how: 9 3, 9 0"
	done
	SYSLAYER_IMAGE=$count SYSLAYER_OUTPUT=killed run ./left KILLED
	assert_equal "$status: $(counted killed read)" "$((128 + 14)): 10 3"
	# Each handler is what the program has set: it is called by one of the layer's.
	"$CC" -O1 -Wall -Wextra -pthread -o left "$SRC/tests/layers/left.c"
	run -0 elfpatch run --exhaustive --layer="$count" -o caught -- ./left
	assert_equal "$(awk '$NF == "read" || $NF == "kill" { print $NF, $1 }' caught | sort)" "kill 9
read 10"
}

@test "count: the program does not see the handlers" {
	# A test that is run by nohup has SIGHUP ignored.
	SYSLAYER_OUTPUT=table run env --default-signal "$host" "$count" sigaction
	assert_equal "$status:$output" 0:
	assert_equal "$(reports table)" 1
	# The same expectations hold without a layer.
	run env --default-signal "$host" "$native" sigaction
	assert_equal "$status:$output" 0:
}

@test "count: works when its start hook was not called" {
	SYSLAYER_OUTPUT=table run --separate-stderr "$host" -n "$count" fork
	assert_status 0
	[[ ! -e table ]] || fail "the environment was read"
	# shellcheck disable=SC2154 # set by run
	printf '%s\n' "$stderr" >err
	assert_equal "$(reports err)" 2
	assert_equal "$(counted err getppid)" "5 0"
	run "$host" -n "$count" kill 15
	assert_equal "$status" 143
}

@test "count: with AT_SECURE nothing from the environment counts" {
	SYSLAYER_OUTPUT=table SYSLAYER_FORMAT=json run "$host" -s "$count" some
	assert_status 0
	[[ ! -e table ]] || fail "SYSLAYER_OUTPUT was used"
	assert_contains "        7         3 total"
}

@test "count: reports are appended, or on standard error when they cannot be" {
	echo before >table
	SYSLAYER_OUTPUT=table "$host" "$count" some
	SYSLAYER_OUTPUT=table "$host" "$count" some
	assert_equal "$(head -n 1 table):$(reports table)" before:2
	SYSLAYER_OUTPUT=$PWD/nowhere/table run "$host" "$count" some
	assert_status 0
	assert_contains " total"
}

@test "count: standard error that is closed or broken changes nothing" {
	local status_of
	run bash -c '"$@" 2>&-' - "$host" "$count" some
	assert_equal "$status:$output" 0:
	# The reader is gone before the report is written.
	mkfifo pipe
	cat <pipe &
	exec 7>pipe
	kill $!
	wait $! || true
	status_of=0
	"$host" "$count" some 2>&7 || status_of=$?
	exec 7>&-
	assert_equal "$status_of" 0
	# A limit on file sizes would make a signal.
	run bash -c 'ulimit -f 0; "$@" 2>full' - "$host" "$count" some
	assert_equal "$status:$(stat -c %s full)" 0:0
}
