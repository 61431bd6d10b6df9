#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run: programs as they are installed, under a layer, for root and for a plain user.
# shellcheck disable=SC2154 # stderr is of run

load helpers
load dynamic
load run

setup_file() {
	run_setup_file
}

setup() {
	run_setup
}

# seen_by LAYER COMMAND...: the layer has seen all that strace has of the same run, and the command has said what it says
# without it.
seen_by() {
	local layer=$1
	shift
	elfpatch run -- "$@" >/dev/null &&
		rm -f strace said && strace -f -i -s 0 -o strace elfpatch run --layer="$LAYERS/$layer.img" -o said -- "$@" >output.layer &&
		"$@" >output.plain && cmp output.plain output.layer || return
	run python3 "$SRC/tests/coverage/compare.py" --run "$layer" strace said "$LAYERS/$layer.img" "$XDG_CACHE_HOME"/syslayer/files/*
	assert_status 0
}

@test "run: every call of ls and of python, in order" {
	seen_by trace ls -l /usr
	seen_by trace /usr/bin/python3 -c 'import os, json; print(json.dumps(sorted(os.environ.get("HOME", "").split("/"))))'
	(($(wc -l <said) > 100))
}

@test "run: every call of a pipeline" {
	seen_by count bash -c 'ls / | wc -l'
	seen_by trace bash -c 'ls / | wc -l'
	grep -q ' wait4(' said || fail "$(cat said)"
}

@test "run: a plain user keeps his ids, and what he sees is as usual" {
	# shellcheck disable=SC2016 # for the inner shell
	run -0 plain elfpatch run --layer="$LAYERS/trace.img" -o trace -- sh -c 'id -u; id -g; readlink /proc/self/exe; echo "$0"' me
	assert_equal "$output" "$(plain id -u)
$(plain id -g)
$(readlink -f "$(command -v readlink)")
me"
	run -0 grep -c "^[0-9]* *exit_group(" "$BATS_FILE_TMPDIR/plain/trace"
	assert_equal "$output" 4
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- bash -c 'ls / | wc -l'
	assert_equal "$output" "$(find / -mindepth 1 -maxdepth 1 ! -name '.*' | wc -l)"
	# bash, and the other two before and after execve(2).
	run -0 grep -c ' total$' "$BATS_FILE_TMPDIR/plain/table"
	assert_equal "$output" 5
}

@test "run: a thread of elfpatch that has not quite ended is waited for" {
	# No process with threads may have a user namespace of its own.
	"$CC" -shared -fPIC -o "$BATS_FILE_TMPDIR/plain/late.so" -xc - <<-'END'
		#define _GNU_SOURCE
		#include <pthread.h>
		#include <sched.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static void *wait(void *p) { usleep(100000); return p; }
		int unshare(int flags)
		{
			static pthread_t thread;
			if (flags & CLONE_NEWUSER && !thread && !pthread_create(&thread, 0, wait, 0))
				pthread_detach(thread);
			return syscall(SYS_unshare, flags);
		}
	END
	run -0 plain env XDG_CACHE_HOME="$BATS_FILE_TMPDIR/plain/late" ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$BATS_FILE_TMPDIR/plain/late.so" elfpatch run -- true
	assert_equal "$output" ""
}

@test "run: nothing is mounted for others, no file is changed, no process stays" {
	local before after
	before=$(cat /proc/self/mountinfo; stat -c '%i %Z' /usr/bin/ls /lib/x86_64-linux-gnu/libc.so.6)
	# shellcheck disable=SC2016
	run -0 elfpatch run -- sh -c 'echo $PPID; grep -c libc.so.6 /proc/self/mountinfo'
	assert_equal "${lines[1]}" 1
	after=$(cat /proc/self/mountinfo; stat -c '%i %Z' /usr/bin/ls /lib/x86_64-linux-gnu/libc.so.6)
	assert_equal "$after" "$before"
	# The program is what was a process of elfpatch.
	elfpatch run -- sh -c 'echo $$' >pid &
	wait $!
	assert_equal "$(cat pid)" $!
}

@test "run: exit status, signals, standard input" {
	run -3 elfpatch run -- sh -c 'exit 3'
	# shellcheck disable=SC2016
	run -143 elfpatch run -- sh -c 'kill -TERM $$'
	run -0 elfpatch run -- cat <<<hello
	assert_equal "$output" hello
	# Signals that are ignored stay so, others are as usual.
	run -0 elfpatch run -- grep "Sig[PBIC]" /proc/self/status
	assert_equal "$output" "$(grep "Sig[PBIC]" /proc/self/status)"
	run -0 sh -c 'trap "" XFSZ; exec elfpatch run -- grep SigIgn /proc/self/status'
	assert_equal "$output" "$(sh -c 'trap "" XFSZ; exec grep SigIgn /proc/self/status')"
}

@test "run: without an output the layer writes to standard error of the run, as strace does, whatever programs make of theirs" {
	local layer
	for layer in count count-time trace; do
		run -0 --separate-stderr elfpatch run --layer="$LAYERS/$layer.img" -- sh -c 'exec 2>/dev/null; (ls -d / 2>&1; date >&2); env -i sh -c "id -u; :" 2>&-'
		assert_equal "$output" "/
$UID"
		assert_equal "$(grep -c ' exit_group\b' <<<"$stderr")" 5
	done
	elfpatch run -- ls /proc/self/fd >said
	assert_equal "$(cat said)" "$(ls /proc/self/fd)"
}

@test "run: a script, and what its interpreter is" {
	# shellcheck disable=SC2016
	printf '#!/bin/sh -e\necho "$0 $1"\n' >script
	chmod +x script
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./script one
	assert_equal "$output" "./script one"
	grep -q 'count: script' table || fail "$(cat table)"
	printf '#!/usr/bin/env python3\nprint("python")\n' >script
	run -0 elfpatch run -- ./script
	assert_equal "$output" python
}

@test "run: a static program" {
	echo 'int main(void) { return 7; }' | "$CC" -static -x c - -o static
	run -7 elfpatch run --layer="$LAYERS/count.img" -o table -- ./static
	assert_equal "$(grep -c ' total$' table)" 1
	cp static "$BATS_FILE_TMPDIR/plain"
	run -7 plain elfpatch run --layer="$LAYERS/count.img" -o table -- ./static
	assert_equal "$(grep -c ' total$' "$BATS_FILE_TMPDIR/plain/table")" 1
}

@test "run: other programs that make system calls themselves, by name and by folder" {
	local also
	mkdir programs
	echo '#include <unistd.h>
	int main(void) { return getppid() < 0; }' | "$CC" -static -x c - -o programs/static
	for also in ./programs/static programs; do
		run -0 elfpatch run --also=$also --layer="$LAYERS/count.img" -o table -- sh -c './programs/static; :'
		assert_equal "$(awk '$2 == "getppid" { n += $1 } END { print n }' table)" 2
	done
	run -125 elfpatch run --also=no-such -- true
	assert_contains "no-such: No such file"
}

@test "run: a library by RUNPATH and \$ORIGIN, one by LD_LIBRARY_PATH" {
	mkdir lib other
	echo '#include <unistd.h>
	#include <sys/syscall.h>
	long call(void) { long r; asm volatile("syscall" : "=a"(r) : "a"(SYS_getppid) : "rcx", "r11", "memory"); return r; }' >l.c
	echo 'long call(void); int main(void) { return !call(); }' >m.c
	"$CC" -O1 -shared -fPIC -o lib/libcall.so l.c
	"$CC" -o origin m.c -Llib -lcall -Wl,-rpath,\$ORIGIN/lib
	"$CC" -o path m.c -Llib -lcall
	"$CC" -o later m.c -Llib -lcall -Wl,-rpath,\$ORIGIN/new:\$ORIGIN/lib
	mv lib/libcall.so other/libcall.so
	cp other/libcall.so lib
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./origin
	assert_equal "$(awk '$2 == "getppid" { print $1 }' table)" 1
	# One that comes to be where it is looked for first, and one that replaces it.
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./later
	mkdir new
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./later
	cp other/libcall.so new
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./later
	assert_equal "$(awk '$2 == "getppid" { print $1 }' table)" 1
	mv new old
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./later
	assert_equal "$(awk '$2 == "getppid" { print $1 }' table)" 1
	mv old new
	cp other/libcall.so again
	mv again new/libcall.so
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./later
	assert_equal "$(awk '$2 == "getppid" { print $1 }' table)" 1
	LD_LIBRARY_PATH=other run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./path
	assert_equal "$(awk '$2 == "getppid" { print $1 }' table)" 1
}

@test "run: a terminal stays one, with job control and its size" {
	cat >job <<-'END'
		stty size
		set -m
		sleep 0.1 &
		fg
		exit 5
	END
	run timeout 60 script -qec 'stty rows 11 cols 22; elfpatch run -- bash ./job' /dev/null </dev/null
	assert_status 5
	assert_contains "11 22"
	refute_contains "no job control"
}

@test "run: a daemon that forks twice, signals to a group" {
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- setsid -f sh -c 'setsid -f sh -c "sleep 0.2; echo ready >daemon"'
	for _ in {1..50}; do
		[[ ! -s daemon ]] || break
		sleep 0.1
	done
	assert_equal "$(cat daemon)" ready
	setsid elfpatch run -- sh -c 'sleep 60 & sleep 60 & echo >ready; wait' &
	until [[ -e ready ]]; do sleep 0.05; done
	kill -TERM -- -$!
	# Not by `run`: in a shell of its own it is no child.
	wait $! || status=$?
	assert_equal "$status" 143
	for _ in {1..50}; do
		run awk -v group=$! '$1 == group && $2 !~ /Z/' <(ps -eo pgid=,stat=,args=)
		[[ -n $output ]] || break
		sleep 0.1
	done
	assert_equal "$output" ""
}

@test "run: programs that make namespaces or change their root" {
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- unshare -Urm sh -c 'mount -t tmpfs none /mnt && ls -d /'
	assert_equal "$output" /
	grep -q 'count: ls' table || fail "$(cat table)"
	if ((UID == 0)); then
		mkdir -p root/bin
		cp /usr/bin/busybox root/bin
		run -0 elfpatch run -- chroot root /bin/busybox ls /
		assert_equal "$output" bin
		# Without privileges, and without the cache being readable to it.
		run -0 elfpatch run -- setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'id -u; cat /proc/version >/dev/null'
		assert_equal "$output" 65534
	fi
}

@test "run: a set-user-ID program keeps its privileges for root, and a plain user is told that he has not" {
	((UID == 0)) || skip "needs root"
	cp /usr/bin/id "$BATS_FILE_TMPDIR/plain/id"
	chown 1 "$BATS_FILE_TMPDIR/plain/id"
	chmod 4755 "$BATS_FILE_TMPDIR/plain/id"
	run -0 elfpatch run --layer="$LAYERS/count.img" -- "$BATS_FILE_TMPDIR/plain/id" -u
	assert_equal "$output" 1
	run -0 --separate-stderr plain elfpatch run -- ./id -u
	assert_equal "$output" 65534
	assert_contains "no effect in a user namespace" "$stderr"
}

@test "run: musl, and a run within a run" {
	echo '#include <stdio.h>
	int main(void) { return puts("hello") < 0; }' >musl.c
	musl-gcc -o musl musl.c
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- ./musl
	assert_equal "$output" hello
	(($(awk '$2 ~ /^writev?$/ { print $1 }' table) == 1)) || fail "$(cat table)"
	run -0 elfpatch run -- elfpatch run --layer="$LAYERS/count.img" -o table -- ./musl
	assert_equal "$output" hello
	(($(awk '$2 ~ /^writev?$/ { print $1 }' table) == 1)) || fail "$(cat table)"
}

@test "run: without a namespace" {
	run -0 plain elfpatch run --no-namespace --layer="$LAYERS/count.img" -o table -- printf '%s\n' one 'two three'
	assert_equal "$output" "one
two three"
	assert_equal "$(awk '$2 == "write" { print $1 }' "$BATS_FILE_TMPDIR/plain/table")" 1
	# shellcheck disable=SC2016
	printf '#!/bin/sh\necho "$0 $1"\n' >script
	chmod +x script
	run -0 elfpatch run --no-namespace --layer="$LAYERS/count.img" -o table -- ./script one
	assert_equal "$output" "$PWD/script one"
	(($(awk '$2 == "write" { print $1 }' table) == 1)) || fail "$(cat table)"
}

@test "run: where namespaces are forbidden the other way is taken, and the difference is said" {
	# shellcheck disable=SC2016
	run -0 --separate-stderr plain bash -c 'exec unshare -Ur sh -c "
		echo 0 >/proc/sys/user/max_user_namespaces; echo 0 >/proc/sys/user/max_mnt_namespaces
		exec elfpatch run --layer=$LAYERS/count.img -o table -- echo hello"'
	assert_equal "$output" hello
	assert_contains "/proc/self/exe is another file" "$stderr"
	assert_equal "$(awk '$2 == "write" { print $1 }' "$BATS_FILE_TMPDIR/plain/table")" 1
}

@test "run: in a user namespace that has no number for the owners of files" {
	export XDG_CACHE_HOME=$BATS_FILE_TMPDIR/plain/another
	# shellcheck disable=SC2016
	run -0 plain unshare -Ur env XDG_CACHE_HOME="$XDG_CACHE_HOME" elfpatch run --layer="$LAYERS/count.img" -o table -- echo hello
	assert_equal "$output" hello
	assert_equal "$(awk '$2 == "write" { print $1 }' "$BATS_FILE_TMPDIR/plain/table")" 1
}

@test "run: a user namespace that is good for nothing" {
	# One may be made, but not be given ids.
	run -125 plain unshare -Urm sh -c 'mount -o bind,ro,nosuid,nodev,noexec /proc /proc &&
		exec setpriv --bounding-set -all --inh-caps -all elfpatch run -- true'
	assert_contains "--no-namespace"
}

@test "run: programs that are missing, not executable, directories" {
	run -127 elfpatch run -- no-such-program
	assert_equal "$output" "elfpatch: no-such-program: No such file or directory"
	run -127 elfpatch run -- ./no/such
	echo text >file
	run -126 elfpatch run -- ./file
	assert_equal "$output" "elfpatch: ./file: Permission denied"
	run -126 elfpatch run -- /usr
	assert_equal "$output" "elfpatch: /usr: Is a directory"
	: >empty
	chmod +x empty
	run -126 elfpatch run -- ./empty
	assert_equal "$output" "elfpatch: ./empty: Exec format error"
	run -2 elfpatch run --layer=count
	assert_contains "no program"
}

@test "run: layers that are missing or none" {
	run -125 elfpatch run --layer=no-such --layer-dir="$LAYERS" -- true
	assert_contains "no-such.img"
	echo "no image" >image
	run -125 elfpatch run --layer=./image -- true
	assert_contains "elfpatch: ./image: "
	run -0 elfpatch run --layer=count --layer-dir="$LAYERS" -o table -- true
	assert_equal "$(grep -c ' total$' table)" 1
}

@test "run: -e hands on what trace and inject take" {
	run -0 elfpatch run --layer="$LAYERS/trace.img" -e trace=write -o trace -- echo hello
	assert_equal "$(grep -vc '+++' trace)" 1
	assert_contains 'write(1, "hello\n", 6)' "$(cat trace)"
	run -1 elfpatch run --layer="$LAYERS/inject.img" -e inject=write:error=ENOSPC:when=1 -- echo hello
	assert_contains "No space left on device"
}
