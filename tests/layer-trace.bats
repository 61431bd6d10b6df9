#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The layer trace, beside strace.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	mkdir plain under || return
	cp /usr/bin/busybox plain/busybox
	"$CC" -O1 -w -static -pthread -o plain/shapes "$SRC/tests/layers/shapes.c"
	"$CC" -O1 -w -static -pthread -o plain/lines "$SRC/tests/layers/lines.c"
	# With what cancels a thread, all calls that can be cancelled are made by one instruction, which stays in its place.
	musl-gcc -O1 -w -static -pthread -Wl,-u,pthread_cancel -o plain/shapes-musl "$SRC/tests/layers/shapes.c"
	"$CC" -O1 -static -pthread -o plain/births "$SRC/tests/layers/births.c"
	"$CC" -O1 -w -static -o plain/futexes "$SRC/tests/layers/futexes.c"
	"$CC" -O1 -static -o plain/numbers "$SRC/tests/layers/numbers.c"
	"$CC" -O1 -w -static -pthread -o plain/unmaps "$SRC/tests/layers/unmaps.c"
	for p in plain/*; do
		"$BUILD/elfpatch/elfpatch" rewrite -q -o "under/${p#plain/}" "$p" || return
	done
}

setup() {
	common_setup
	need_tools strace
	top=$BATS_FILE_TMPDIR
	unset SYSLAYER_TRACE SYSLAYER_OUTPUT SYSLAYER_FORMAT
	export SYSLAYER_IMAGE=$BUILD/layers/trace.img
	ulimit -c 0
}

# traced OPTIONS PROGRAM ARG...: a program with the layer.
traced() {
	env -i PATH="$PATH" SYSLAYER_IMAGE="$SYSLAYER_IMAGE" SYSLAYER_TRACE="$1" "$top/under/$2" "${@:3}"
}

# normal FILE: without what differs from run to run, and what is known to differ from strace:
# the first exec, signals and returns from their handlers.
normal() {
	sed -e 's/^[0-9]* *//' -e '/^--- /d' -e '/^rt_sigreturn/d' -e '1{/^execve(/d}' \
		-e '/^+++ killed by SIGKILL/d' -e 's|^\(readlink("/proc/self/exe", \)"[^"]*"\.*|\1EXE|' \
		-e "s|$top/[a-z]*/|TOP/|g" -e 's/0x[0-9a-f]\{6,\}/ADDRESS/g' -e 's/^\(getrandom("\)[^"]*/\1RANDOM/' \
		-e 's/^\(\(get[pt]*id\|getppid\|set_tid_address\|fork\|vfork\|wait4\|clone3*\)(.*= \)[1-9][0-9]*$/\1PID/' \
		-e 's/wait4([1-9][0-9]*/wait4(PID/' -e 's/\(FUTEX_WAIT_BITSET|[^,]*, \)[1-9][0-9]*, NULL/\1TID, NULL/' \
		-e 's/it_value={tv_sec=\(99\|100\), tv_usec=[0-9]*/it_value={TIME/' -e 's/parent_tid=\[[0-9]*/parent_tid=[TID/' -e 's/^\(\(set_robust_list\|rseq\)(\)[^,]*/\1ADDRESS/' \
		-e 's/kill([1-9][0-9]*/kill(PID/' -e 's/htons([0-9]\{3,\})/htons(PORT)/' \
		-e 's/   *= / = /' -e 's/run-plain/run-under/' -e 's/ \/\* [A-Z_]*_??? \*\///g' -e 's/ \/\* 1970.*+0000 \*\///' -e 's/ (SUID_DUMP_USER)//' "$1"
}

# same PROGRAM ARG...: the same lines as strace's, process by process, each run in a directory of its own; but for
# those that are like $without.
same() {
	local where
	for where in plain under; do
		rm -rf "run-$where"
		mkdir "run-$where"
	done
	(cd run-plain && env -i PATH="$PATH" A=1 B=2 strace -f -o ../strace.log "$top/plain/$1" "${@:2}" \
		</dev/null >../plain.out 2>&1) || true
	(cd run-under && traced "-o ../trace.log" "$@" </dev/null >../under.out 2>&1) || true
	joined strace.log | grep -v -- "${without:-^$}" >strace.normal
	sort -sn -k1,1 trace.log | normal /dev/stdin | grep -v -- "${without:-^$}" >trace.normal
	diff strace.normal trace.normal >difference || fail "$*" "$(head -n 40 difference)"
	rm -f trace.log
}

# joined FILE: strace's lines, those that were torn put together again.
joined() {
	awk '{
		pid = $1
		if (sub(/ <unfinished \.\.\.>$/, "")) { open[pid] = $0; next }
		if (match($0, /<\.\.\. [a-z0-9_]+ resumed>/)) {
			$0 = open[pid] substr($0, RSTART + RLENGTH)
			gsub(/, *\)/, ")")
		}
		print
	}' "$1" | sort -sn -k1,1 | normal /dev/stdin
}

@test "the lines are strace's: calls of all kinds" {
	local p
	for p in shapes shapes-musl; do
		same $p
		(($(wc -l <trace.normal) > 130)) || fail "$p: only $(wc -l <trace.normal) lines"
	done
}

@test "the lines are strace's: threads, and children that share the memory" {
	# Of a thread, and of a child that shares the memory, strace tells how it ends.
	without='^+++ exited' same births
	grep -q '^clone3({flags=CLONE_VM|.* => {parent_tid=\[TID\]}, 88) = PID$' trace.normal || fail "$(cat trace.normal)"
	grep -q '^clone(.* = -1 EINVAL' trace.normal || fail "$(cat trace.normal)"
}

@test "the lines are strace's: operations of futex" {
	same futexes
	(($(grep -c '^futex' trace.normal) == 48)) || fail "$(cat trace.normal)"
}

@test "the lines are strace's: applets of busybox" {
	same busybox ls -l /usr
	same busybox cat /etc/passwd
	same busybox find /usr/share/doc/bash
	same busybox stat /etc/passwd
	same busybox id
	same busybox uname -a
	same busybox touch file
	same busybox dd if=/dev/zero of=file bs=1k count=2
	same busybox sort /etc/passwd
	same busybox cp /etc/passwd file
	same busybox ln -s a b
	same busybox mkfifo fifo
	same busybox sleep 0.01
	same busybox nc -z 127.0.0.1 1
	same busybox wget -q http://127.0.0.1:1/
	same busybox tar cf file.tar /etc/passwd
	same busybox ash -c '(exit 3); kill -0 $$; umask 77'
}

@test "a child that exec starts is traced, and an exec that fails is told" {
	# busybox starts its applets by an exec of itself.
	traced "-o log -e execve,exit_group" busybox ash -c "$top/under/busybox true; /nowhere/program" 2>/dev/null || true
	grep -q 'execve(".*busybox", \["[^"]*"\.\.\., "true"\], 0x[0-9a-f]* /\* [0-9]* vars \*/) = 0$' log || fail "$(cat log)"
	grep -q 'execve("/nowhere/program", .*) = -1 ENOENT' log || fail "$(cat log)"
	assert_equal "$(grep -c 'exited with' log)" 2
	assert_equal "$(cut -d' ' -f1 log | sort -u | wc -l)" 2
}

@test "8 threads and 100 children: no line is torn or lost" {
	traced "-o log" lines
	assert_equal "$(grep -c 'umask(022) *= 022$' log)" 5000
	assert_equal "$(grep -c '+++ exited with 0 +++$' log)" 81
	assert_equal "$(grep -c '+++ killed by SIGABRT +++$' log)" 10
	assert_equal "$(grep -c ', SIGKILL) *= ?$' log)" 10
	assert_equal "$(grep -Evc '^[0-9]+ +([a-z_0-9]+\(.*\) += .*|\+\+\+ .* \+\+\+)$' log)" 0
	# Each thread's lines carry its number.
	assert_equal "$(awk '/umask/ { n[$1]++ } END { for (p in n) if (n[p] == 500) t++; else if (n[p] == 10) c++; print t, c }' log)" \
		"8 100"
}

@test "what calls point to is unmapped, or truncated, at any moment: the program does not see a fault" {
	local exhaustive signal
	for exhaustive in 0 1; do
		for signal in default blocked ignored handled once alternate truncated; do
			SYSLAYER_EXHAUSTIVE=$exhaustive SYSLAYER_TRACE="-o trace.log" "$top/under/unmaps" "$signal" \
				>out 2>&1 || fail "$signal, exhaustive: $exhaustive: exit status $?" "$(cat out)"
			grep -q 'openat(AT_FDCWD, "/dev/null", O_RDONLY) = [0-9]' trace.log
			grep -q 'openat(AT_FDCWD, 0x[0-9a-f]*, O_RDONLY) = -1 EFAULT' trace.log
			rm trace.log
		done
	done
}

@test "a program that closes all descriptors does not close the file" {
	traced "-o log" lines kill
	grep -q '^[0-9]* *close(767) *= 0$' log && fail "it was closed"
	grep -q 'close(1023)' log || fail "$(tail -n 3 log)"
	grep -q '+++ exited with 0 +++' <(tail -n 1 log) || fail "$(tail -n 3 log)"
}

@test "sets: names, numbers, classes, negation" {
	traced "-o log -e trace=mkdir,87" shapes
	assert_equal "$(sed 's/^[0-9]* *//; s/(.*//' log | sort | uniq -c | tr -s ' \n' ' ')" \
		" 1 +++ exited with 0 +++ 1 +++ exited with 3 +++ 1 mkdir 4 unlink "
	rm log
	traced "-o log -e %network" shapes
	assert_equal "$(grep -Evc ' (socket|setsockopt|connect|bind|listen|getsockname|accept4|socketpair|sendto|recvfrom|sendmsg|shutdown)\(|\+\+\+' log)" 0
	grep -q 'sendmsg(' log
	rm log
	traced "-o log -e !%network,mkdir" shapes
	assert_equal "$(grep -Ec ' (socket|connect|mkdir)\(' log)" 0
	grep -q ' rmdir(' log
}

# numbered LOG: the calls that are in it.
numbered() {
	sed -nE 's/^([0-9]+ +)?([a-z0-9_]+)\(.*/\2/p' "$1" | sort -u
}

@test "sets: as strace has them, call by call" {
	local set
	# Calls that strace 6.1 knows.
	for set in %file %desc %process %network %net %signal %ipc %memory %creds %clock %pure %stat %lstat %fstat %%stat %statfs \
		%fstatfs %%statfs file desc process network signal ipc memory '!%desc' '!!mkdir' '?nonesuch,mkdir' '?%nonesuch,getpid' \
		'?/nonesuch,getpid' 'mkdir@64,rmdir@32,unlink@x32' mkdir,,rmdir /stat '/^(get|set)(res)?[ug]id$' '/^(.*_)?statv?fs' \
		'/statv?fs|fsstat|ustat,%clock' '!/e' '/[[:digit:]]$' '/^.{3}$' '/^(un)?(link|mount)(at|2)*$' '/^a|^b|4$' \
		'/()' '/^sched_((get|set)(aff|param))+' '/x+a?' '/t{2}' '/fd)*$|()'; do
		rm -f log strace.log
		run strace -o strace.log -e trace="$set" "$top/plain/numbers" 450
		traced "-o log -e trace=$set" numbers 450
		touch log
		# Its own start, too.
		sed -i '1{/^execve(/d}' strace.log
		[[ $(numbered log) == "$(numbered strace.log)" ]] ||
			fail "$set: $(diff <(numbered strace.log) <(numbered log))" || return
	done
}

@test "sets: what is none, is none for strace" {
	local set
	for set in nonesuch %nonesuch /nonesuch '/(' '/[' '/[b-a]' '/[[:x:]]' '/*a' '/a|+' '/a{' '/a{2' '/a{300}' '?/(' '!' ","; do
		run strace -o strace.log -e trace="$set" "$top/plain/numbers" 0
		assert_status 1
		run -127 traced "-o log -e trace=$set" numbers 0
	done
}

@test "times and sizes: -t, -tt, -ttt, -r, -T, -s" {
	traced "-t -o log -e mkdir" shapes
	grep -Eq '^[0-9]+ +[0-9]{2}:[0-9]{2}:[0-9]{2} mkdir\("dir", 000\) *= 0$' log || fail "$(cat log)"
	rm log
	traced "-tt -T -o log -e mkdir" shapes
	grep -Eq '^[0-9]+ +[0-9:]{8}\.[0-9]{6} mkdir.* = 0 <0\.[0-9]{6}>$' log || fail "$(cat log)"
	rm log
	traced "-ttt -o log -e mkdir" shapes
	grep -Eq '^[0-9]+ +[0-9]{10}\.[0-9]{6} mkdir' log || fail "$(cat log)"
	rm log
	traced "-r -o log" shapes
	assert_equal "$(grep -Evc '^[0-9]+ + +[0-9]+\.[0-9]{6} ' log)" 0
	rm log
	traced "-s 4 -o log -e read,execve" shapes
	grep -q 'read(5, "[^ ]*"\.\.\., 6)' log || fail "$(cat log)"
}

@test "JSON: an object a line" {
	need_tools python3
	traced "-j -o log" shapes
	python3 - log <<-'END'
		import json, sys
		rows = [json.loads(line) for line in open(sys.argv[1])]
		assert len(rows) > 130
		mkdir = [r for r in rows if r["call"] == "mkdir"]
		assert [r["args"] for r in mkdir] == [['"dir"', "000"]], mkdir
		assert mkdir[0]["result"] == 0 and mkdir[0]["time"] > 1e9
		failed = [r for r in rows if r["call"] == "access" and "error" in r]
		assert failed[0]["error"] == "ENOENT" and failed[0]["result"] == -2
	END
	rm log
	SYSLAYER_FORMAT=json SYSLAYER_OUTPUT=log "$top/under/busybox" true
	python3 -c 'import json; [json.loads(l) for l in open("log")]'
}

@test "without a file lines go to standard error; the program is as before" {
	run --separate-stderr "$top/under/busybox" echo hello
	assert_equal "$status:$output" "0:hello"
	# shellcheck disable=SC2154 # set by run
	assert_contains 'write(1, "hello\n", 6)' "$stderr"
	run "$top/under/busybox" sh -c 'exit 7'
	assert_status 7
}

@test "options that are wrong stop the program, with a reason" {
	local options
	for options in "-Z" "-e nosuchcall" "-o /nowhere/file" "-s x" "-o" "word"; do
		run -127 traced "$options" busybox echo hello
		refute_contains hello
		[[ $output == "syslayer: trace: SYSLAYER_TRACE: "* ]] || fail "$output"
	done
	run -127 traced "-e nosuchcall" busybox true
	assert_equal "$output" "syslayer: trace: SYSLAYER_TRACE: nosuchcall: no such call or set of calls"
}
