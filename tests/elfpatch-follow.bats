#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run: programs that are found at execve only, for root and for a plain user.
# shellcheck disable=SC2016,SC2154 # for inner shells; status is of run, too

load helpers
load run

setup_file() {
	run_setup_file
	cd "$BATS_FILE_TMPDIR" || return
	cat >ids.c <<-'END'
		#include <stdio.h>
		#include <string.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			char exe[4096];
			ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
			printf("%s %.*s %d\n", argv[0], (int)(n < 0 ? 0 : n), exe, getsid(0) >= 0);
			fflush(stdout);
			if (argc > 1 && strstr(argv[1], "ids"))
				execv(argv[1], argv + 1);
			return 0;
		}
	END
	"$CC" -static -o bin/ids ids.c
}

setup() {
	run_setup
	cp "$LAYERS/ids" .
	IDS=$BATS_FILE_TMPDIR/plain/ids
	[[ -e $IDS ]] || cp "$LAYERS/ids" "$IDS"
	export IDS
}

# asked TABLE...: how often getsid(2) has been seen.
asked() {
	awk '$2 == "getsid" { n += $1 } END { print n + 0 }' "$@"
}

# seen TIMES COMMAND...: the layer count has seen getsid so often, in all programs of the command, and it has said $output.
seen() {
	local times=$1
	shift
	rm -f table
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- "$@"
	assert_equal "$(asked table)" "$times"
}

# The same for a plain user.
seen_plain() {
	local times=$1 table=$BATS_FILE_TMPDIR/plain/table
	shift
	rm -f "$table"
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- "$@"
	assert_equal "$(asked "$table")" "$times"
}

@test "follow: a static child of a dynamic program, one of a static one, by a relative name" {
	seen 1 env ./ids
	assert_equal "$output" "./ids $PWD/ids 1"
	seen 2 ./ids ./ids
	seen 3 env "$IDS" "$IDS" ./ids
	assert_equal "${lines[2]}" "./ids $PWD/ids 1"
	seen_plain 1 env ./ids
	assert_equal "$output" "./ids $IDS 1"
	seen_plain 3 env ./ids ./ids ./ids
}

@test "follow: the layer outlives env -i, and shows in no environment" {
	seen 1 env -i ./ids
	seen 1 env -i sh -c 'env -i ./ids; :'
	seen_plain 1 env -i sh -c 'env -i ./ids; :'
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- env
	assert_equal "$(sort <<<"$output" | grep -v '^_=')" "$(env | sort | grep -v '^_=')"
	run -0 elfpatch run -- env -i env
	assert_equal "$output" ""
}

@test "follow: a script with a static interpreter" {
	printf '#!%s\n' "$PWD/ids" >script
	chmod +x script
	seen 1 env ./script
	assert_contains "$PWD/ids $PWD/ids 1" "${lines[0]}"
}

@test "follow: what has been executed can be removed, replaced, changed as ever" {
	mkdir programs
	cat >script <<-'END'
		set -e
		cp ids programs; programs/ids; rm programs/ids; [ ! -e programs/ids ]
		cp ids programs; programs/ids; cp ids new; mv new programs/ids; programs/ids
		cp ids programs/other; mv programs/ids programs/other; programs/other
		chmod 700 programs/other; programs/other; stat -c %a programs/other
		touch -d 2001-01-01 programs/other; stat -c %Y programs/other
		cp ids programs/other; programs/other; cat ids >programs/other; programs/other
		rm -rf programs
	END
	TZ=UTC seen 7 bash script
	assert_equal "${lines[5]}" 700
	assert_equal "${lines[6]}" 978307200
	# It was the file itself, and not that of the cache.
	assert_equal "$(find "$XDG_CACHE_HOME/syslayer/files" -newermt 2001-01-01 ! -newermt 2001-01-02)" ""
	cp ids script "$BATS_FILE_TMPDIR/plain"
	(cd "$BATS_FILE_TMPDIR/plain" && rm -rf programs && mkdir programs && chmod 777 programs && chown -R 65534 programs ids)
	TZ=UTC seen_plain 7 bash script
}

@test "follow: a file that is replaced during the run, one that is unpacked" {
	cat >script <<-'END'
		cp ids one
		./one
		cp ids two
		mv two one
		./one
		echo 'int getsid(int); int main(void) { return getsid(0) < 0; }' | gcc -static -x c - -o three
		./three
		tar cf archive one && rm one && tar xf archive && ./one
	END
	seen 4 bash script
}

@test "follow: fifty processes that execute the same new program at once" {
	printf '#!/bin/bash\nfor i in {1..50}; do ./ids >/dev/null & done; wait; grep -c "$PWD/ids " /proc/self/mountinfo\n' >script
	chmod +x script
	seen 50 ./script
	# Once.
	assert_equal "$output" 1
}

# The broker of a run of this suite: in a session of its own.
broker_of() {
	ps -eo pid=,sid=,comm=,args= | awk -v layers="$LAYERS" '$1 == $2 && $3 ~ /^elfpatch/ && index($0, layers) { print $1 }'
}

@test "follow: the broker ends with the last process, and leaves nothing; killed, programs go on" {
	local before status=0
	before=$(cat /proc/self/mountinfo)
	elfpatch run --layer="$LAYERS/count.img" -o table -- sh -c 'setsid -f sh -c "sleep 1; ./ids; echo end >end" >said; :'
	# The program has ended, its daemon has not.
	assert_equal "$(broker_of | wc -l)" 1
	for _ in {1..50}; do
		[[ ! -e end ]] || [[ -n $(broker_of) ]] || break
		sleep 0.1
	done
	assert_equal "$(broker_of)" ""
	[[ -e end ]]
	assert_equal "$(cat /proc/self/mountinfo)" "$before"
	run ls "$XDG_CACHE_HOME/syslayer/settled"
	assert_equal "$output" ""
	elfpatch run --layer="$LAYERS/count.img" -o table -- sh -c 'echo >ready; until [ -e go ]; do sleep 0.05; done; ./ids; exit 5' &
	until [[ -e ready ]]; do sleep 0.05; done
	kill -KILL "$(broker_of)"
	touch go
	# Not by `run`: in a shell of its own it is no child.
	wait $! || status=$?
	assert_equal "$status" 5
	# As it is, then.
	assert_equal "$(asked table)" 0
	# What it has left is seen to by the next one that makes order.
	[[ -n $(ls "$XDG_CACHE_HOME/syslayer/settled") ]]
	elfpatch cache -q
	run ls "$XDG_CACHE_HOME/syslayer/settled"
	assert_equal "$output" ""
}

@test "follow: what is settled is executed without a question, until something changes" {
	cat >script <<-'END'
		broker=$(broker_of)
		# In poll, maybe taken up again, with no child: what it has answered is shown.
		idle() {
			until [[ -z $(<"/proc/$broker/task/$broker/children") ]] && read -r call _ <"/proc/$broker/syscall" && [[ $call == @(7|219) ]]; do :; done
		}
		# A question waits in recvmsg.
		without() {
			idle
			kill -STOP "$broker"
			"$@" >/dev/null &
			while read -r call _ 2>/dev/null <"/proc/$!/syscall" && [[ $call != 47 ]]; do :; done
			[[ $call == 47 ]] && echo "asks" || echo "goes on"
			kill -CONT "$broker"
			wait $! || echo "$? of $*"
		}
		cp ids other
		# Mounted over, it is another file.
		without ./ids
		without ./ids
		without bash -c './ids; :'
		./other >said
		without ./other
		without "$PWD/../${PWD##*/}/other"
		LD_LIBRARY_PATH=$PWD without ./ids
		echo changed
		touch ids
		without ./other
		without ./other
		without ./ids
		cat other >new && chmod +x new && mv new other
		without ./other
		echo elsewhere
		chroot / "$PWD/ids" >said
		without chroot / "$PWD/ids"
		without chroot root /ids
		setpriv --reuid=0 true
		without setpriv --reuid=65534 "$IDS"
		unshare -m true
		without unshare -m ./ids
	END
	export -f broker_of
	((UID == 0)) || sed -i '/^echo elsewhere/,$d' script
	mkdir -p root/tmp
	cp ids root
	elfpatch run --layer="$LAYERS/count.img" -o table -- true
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table -- bash -c '"$IDS" >said; bash -c :; . ./script'
	assert_equal "$(sed '/^elsewhere/,$d' <<<"$output")" "$(printf '%s\n' asks asks 'goes on' asks 'goes on' asks changed asks 'goes on' asks asks)"
	if ((UID == 0)); then
		assert_equal "$(sed '1,/^elsewhere/d; /^\/ids/d' <<<"$output")" "$(printf '%s\n' 'goes on' asks asks asks)"
		assert_equal "$(asked table)" 17
	fi
}

@test "follow: execveat of a descriptor, posix_spawn, a thread, a signal handler, closed descriptors" {
	cat >all.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <pthread.h>
		#include <signal.h>
		#include <spawn.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/wait.h>
		#include <unistd.h>
		extern char **environ;
		static char *command[] = {"ids", 0};
		static void *thread(void *p) { execv("ids", command); return p; }
		static void handler(int sig) { (void)sig; execv("ids", command); _exit(9); }
		static char alternate[65536];
		int main(int argc, char **argv)
		{
			char how = argc > 1 ? *argv[1] : 0;
			pthread_t t;
			pid_t pid;
			int fd, status;

			if (how == 'f') {
				fd = open("ids", O_PATH | O_CLOEXEC);
				execveat(fd, "", command, environ, AT_EMPTY_PATH);
			} else if (how == 's') {
				for (int i = 0; i < 3000; i++)
					if (posix_spawn(&pid, i ? "/bin/true" : "ids", 0, 0, command, environ) || wait(&status) != pid || status)
						return 8;
				return wait(&status) != -1;
			} else if (how == 't') {
				pthread_create(&t, 0, thread, 0);
				pthread_join(t, 0);
			} else if (how == 'h' || how == 'a') {
				sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = sizeof alternate}, 0);
				sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handler, .sa_flags = how == 'a' ? SA_ONSTACK : 0}, 0);
				raise(SIGUSR1);
			} else if (how == 'c') {
				close(0);
				close(2);
				close_range(3, ~0U, 0);
				execv("ids", command);
			}
			return 7;
		}
	END
	"$CC" -O1 -pthread -o all all.c
	for how in f t h a c; do
		seen 1 ./all $how
		assert_equal "$output" "ids $PWD/ids 1"
	done
	seen 1 ./all s
	"$CC" -O1 -static -pthread -o all all.c
	for how in f t h a c s; do
		seen 1 ./all $how
	done
}

@test "follow: children of vfork leave no stack of the layer behind in their parent" {
	cat >deep.c <<-'END'
		#define _GNU_SOURCE
		#include <alloca.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static void once(int depth)
		{
			volatile char *room = alloca(64 * depth + 1);
			pid_t pid;

			room[0] = 0;
			pid = vfork();
			if (!pid) {
				execl("ids", "ids", (char *)0);
				_exit(1);
			}
			waitpid(pid, 0, 0);
		}
		int main(int argc, char **argv)
		{
			char line[4096];
			int stacks = 0;
			FILE *maps;

			for (int i = 0; argc > 1 && i < atoi(argv[1]); i++)
				once(i);
			maps = fopen("/proc/self/maps", "r");
			while (fgets(line, sizeof line, maps)) {
				unsigned long from, to;

				if (sscanf(line, "%lx-%lx rw-p 00000000 00:00 0 %*[^/[\n]", &from, &to) == 2 && to - from >= 65536 &&
				    !strchr(line, '['))
					stacks += (to - from) / 65536;
			}
			printf("%d\n", stacks);
			return 0;
		}
	END
	"$CC" -O1 -o deep deep.c
	local few
	run -0 elfpatch run -- ./deep 2
	few=${lines[-1]}
	run -0 elfpatch run -- ./deep 100
	((${lines[-1]} <= few + 2)) || fail "$few, ${lines[-1]}"
}

@test "follow: programs with namespaces of their own" {
	seen 1 unshare -m ./ids
	assert_equal "$output" "./ids $PWD/ids 1"
	seen 1 unshare -Urm ./ids
	seen 1 unshare -Urmpf --mount-proc ./ids
	seen_plain 1 unshare -Urm ./ids
	seen_plain 2 unshare -Urm sh -c './ids; unshare -m ./ids; :'
}

@test "follow: in another network namespace, and in another user namespace that has its mounts from the one above" {
	local layer what
	for what in "unshare -Ur" "unshare -Urn" "unshare -Urmn" "unshare -Urm unshare -Urn"; do
		# shellcheck disable=SC2086 # it is words
		seen 2 $what sh -c './ids; env ./ids'
		# shellcheck disable=SC2086
		seen_plain 2 $what sh -c './ids; env ./ids'
	done
	seen 1 unshare -Urn sh -c 'cp ids new && ./new && rm new && [ ! -e new ]'
	((UID == 0)) || return 0
	seen 2 unshare -n ./ids ./ids
	seen 1 nsenter -t $$ -n ./ids
	for layer in count trace; do
		rm -f table
		run -0 elfpatch run --layer="$LAYERS/$layer.img" -o table -- unshare -n sh -c "exec $IDS ./ids"
		assert_equal "$(grep -c getsid table)" 2
	done
}

# sandbox COMMAND...: what bwrap takes for it, in a root of its own to which nothing of the run's leads.
sandbox() {
	sandboxed=(bwrap --unshare-all --new-session --die-with-parent --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64
		--symlink usr/bin /bin --proc /proc --dev /dev --ro-bind "$PWD" /here --tmpfs /tmp --clearenv --setenv PATH /usr/bin "$@")
}

@test "follow: in namespaces and a root of its own, where all descriptors are closed (bwrap)" {
	local layer sandboxed directly
	need_tools bwrap
	sandbox bash -c 'cd /here; ./ids; for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval "exec $fd>&-"; done; env -i /here/ids; id -u; exit 3'
	run -3 "${sandboxed[@]}"
	directly=$output
	# A plain user's own programs are in place before.
	for layer in count count-time trace; do
		rm -f table "$BATS_FILE_TMPDIR/plain/table"
		run -3 elfpatch run --layer="$LAYERS/$layer.img" -o table -- "${sandboxed[@]}"
		assert_equal "$output" "$directly"
		assert_equal "$(grep -c ' getsid\b' table)" 2
		run -3 plain elfpatch run --layer="$LAYERS/$layer.img" -o table -- sh -c '"$IDS" >/dev/null; exec "$@"' sh "${sandboxed[@]/#"$PWD"/"${IDS%/*}"}"
		assert_equal "$output" "${directly/%0/65534}"
		assert_equal "$(grep -c ' getsid\b' "$BATS_FILE_TMPDIR/plain/table")" 3
	done
	# To standard error, the table of each.
	run -3 --separate-stderr elfpatch run --layer="$LAYERS/count.img" -- "${sandboxed[@]}"
	assert_equal "$output" "$directly"
	assert_equal "$(grep -c ' getsid$' <<<"$stderr")" 2
	# A layer that keeps nothing else, and one that has no handlers.
	printf 'default allow\nerrno EPERM getsid\n' >policy
	SYSLAYER_POLICY=$PWD/policy run -3 elfpatch run --layer="$LAYERS/deny.img" -- "${sandboxed[@]}"
	assert_equal "$output" "${directly// 1/ 0}"
	run -3 elfpatch run -- "${sandboxed[@]}"
	assert_equal "$output" "$directly"
}

@test "follow: a daemon in a network and a root of its own is followed when all others have ended" {
	need_tools bwrap
	local sandboxed
	sandbox --bind "$PWD" /there sh -c 'cd /there; until [ -e go ]; do sleep 0.05; done; cp ids new; ./new >said; echo >end'
	# Not to die with its parent.
	sandboxed=("${sandboxed[@]/--die-with-parent/--new-session}")
	elfpatch run --layer="$LAYERS/count.img" -o table -- setsid -f "${sandboxed[@]/--unshare-all/--unshare-net}"
	touch go
	until [[ -e end ]]; do sleep 0.05; done
	for _ in {1..50}; do
		[[ -n $(broker_of) ]] || break
		sleep 0.1
	done
	assert_equal "$(broker_of)" ""
	assert_equal "$(cat said)" "./new /there/new 1"
	((UID == 0)) || return 0
	assert_equal "$(asked table)" 1
}

@test "follow: in a chroot, and for a user who may open neither image nor output" {
	((UID == 0)) || skip "only root may"
	local layer of
	mkdir -p root/tmp
	cp ids root
	chmod 700 "$LAYERS"/*.img
	umask 077
	for layer in count trace; do
		for of in 'chroot root /ids /ids' 'chroot --userspec=65534:65534 root /ids /ids' \
			"setpriv --reuid=65534 --regid=65534 --clear-groups $IDS $IDS" \
			"unshare -m sh -c 'mount -t tmpfs none $BATS_FILE_TMPDIR/root && mount -t tmpfs none $BATS_TEST_TMPDIR && $IDS $IDS; :'"; do
			rm -f table
			eval "run -0 elfpatch run --layer=\$LAYERS/$layer.img -o table -- $of"
			assert_equal "$(grep -c 'getsid' table)" 2
		done
	done
	# A file that is there by the same name is another one.
	mkdir -p "root$PWD"
	echo mine >"root$PWD/table"
	seen 2 chroot root /ids /ids
	assert_equal "$(cat "root$PWD/table")" mine
	# One for each process; and no more descriptors than there were.
	run -0 elfpatch run --layer="$LAYERS/count.img" -o table.%p -- chroot root /ids /ids
	assert_equal "$(asked table.*)" 2
	printf 'default allow\nerrno EPERM getsid\n' >policy
	SYSLAYER_POLICY=$PWD/policy run -0 elfpatch run --layer="$LAYERS/deny.img" -- chroot root /ids
	assert_equal "$output" "/ids  0"
	run -0 elfpatch run -- setpriv --reuid=65534 --regid=65534 --clear-groups ls /proc/self/fd
	assert_equal "$output" "$(ls /proc/self/fd)"
	chmod 644 "$LAYERS"/*.img
}

@test "follow: a program with a seccomp filter that kills for what it takes to ask" {
	local call action how
	cat >filtered.c <<-'END'
		#include <errno.h>
		#include <linux/filter.h>
		#include <linux/seccomp.h>
		#include <stddef.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			unsigned call = (unsigned)atoi(argv[1]), action = !strcmp(argv[2], "kill") ? SECCOMP_RET_KILL_PROCESS : !strcmp(argv[2], "trap") ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | EACCES;
			struct sock_filter f[] = {
			    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
			    BPF_STMT(BPF_RET | BPF_K, action),
			    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
			};
			struct sock_fprog p = {4, f};
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			if (*argv[3] == 's' ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p))
				return 9;
			execv(argv[4], argv + 4);
			return 8;
		}
	END
	"$CC" -o filtered filtered.c
	elfpatch run -- "$IDS" "$IDS" >/dev/null
	# socket, sendmsg.
	for call in 41 46; do
		for action in kill trap errno; do
			for how in seccomp prctl; do
				seen 0 ./filtered $call $action $how ./ids ./ids
				assert_equal "${#lines[@]}" 2
			done
		done
	done
	seen 0 ./filtered 332 kill seccomp ./ids ./ids # statx
	for action in kill trap errno; do
		seen 2 ./filtered 56 $action seccomp ./ids ./ids
		seen 2 ./filtered 1000 $action prctl /usr/bin/env ./ids ./ids
	done
	# What is in place already is seen all the same.
	seen 2 sh -c './ids; ./filtered 41 kill prctl ./ids'
}

@test "follow: a program with a seccomp filter that kills for what the layer itself calls" {
	local layer link
	for link in -static -pie; do
		"$CC" -O1 $link -o filters "$SRC/tests/calls/filters.c"
		for layer in native-run count count-time trace exhaustive inject; do
			rm -f table
			run -3 elfpatch run --layer="$LAYERS/$layer.img" -o table -- ./filters filter
			assert_equal "$output" hello
			[[ $layer != count* ]] || grep -q ' total$' table || fail "$layer: $(cat table)" || return
		done
		rm -f table
		elfpatch run --layer="$LAYERS/trace.img" -o table -- ./filters filter || true
		assert_equal "$(tail -n 2 table | sed 's/^[1-9][0-9]* *//; s/  */ /g')" "exit_group(3) = ?
+++ exited with 3 +++"
		for layer in native-run count count-time trace exhaustive; do
			run -3 elfpatch run --layer="$LAYERS/$layer.img" -o table -- ./filters strict
			assert_equal "$output" hello
			# glibc's ld.so looks at the clock.
			[[ $link == -static ]] || continue
			run -3 elfpatch run --layer="$LAYERS/$layer.img" -o table -- ./filters clock
			assert_equal "$output" hello
		done
		assert_equal "$(elfpatch run --layer="$LAYERS/trace.img" -o table -- ./filters strict; sed -n 's/^[0-9]* *write(1, "hello.*= /&/p' table | wc -l)" "hello
1"
	done
}

@test "follow: an exec under a seccomp filter that kills for what layers call in the new program" {
	local layer link name calls=()
	for name in open fcntl madvise getpid gettid getcwd statx rt_sigaction rt_sigpending execveat faccessat faccessat2 clock_gettime flock getegid \
		geteuid sched_yield socket socketpair connect sendmsg recvmsg setsockopt rt_tgsigqueueinfo dup3; do
		calls+=("$(awk -v n="__NR_$name" '$2 == n { print $3 }' /usr/include/x86_64-linux-gnu/asm/unistd_64.h)")
	done
	for link in -static -pie; do
		"$CC" -O1 $link -o filters "$SRC/tests/calls/filters.c"
		run -3 ./filters exec "${calls[@]}"
		for layer in native-run count count-time trace inject; do
			rm -f table
			run -3 elfpatch run --layer="$LAYERS/$layer.img" -o table -- ./filters exec "${calls[@]}"
			assert_equal "$output" hello
			[[ $layer != trace ]] || assert_equal "$(grep -c ' getppid()' table)" 1
		done
	done
}

@test "follow: a tree of static and dynamic children, call by call" {
	local what='./ids; env ./ids ./ids | cat; (exec ./ids); ls -l / >/dev/null; ./ids & wait'
	elfpatch run --layer="$LAYERS/trace.img" -o /dev/null -- bash -c "$what"
	strace -f -i -s 0 -o strace elfpatch run --layer="$LAYERS/trace.img" -o said -- bash -c "$what"
	run -0 python3 "$SRC/tests/coverage/compare.py" --run trace strace said "$LAYERS/trace.img" "$XDG_CACHE_HOME"/syslayer/files/*
	assert_equal "$(grep -c ' getsid(' said)" 5
}

@test "follow: an environment of 3000 strings, of strings of 128 KiB, one that is too large" {
	local big
	seen 2 bash -c 'for i in {1..3000}; do export "v$i=$i"; done; ./ids; env ./ids; env | grep -c ^v'
	assert_equal "${lines[2]}" 3000
	big=$(printf '%0131060d' 0)
	seen 2 bash -c 'export big=$1 large=$1; ./ids; env ./ids; env | wc -c' bash "$big"
	((lines[2] > 262120))
	run -0 bash -c 'export big=$1$1; ./ids' bash "$big" || true
	assert_equal "$(elfpatch run -- bash -c 'big=$1$1; export big; ./ids; echo $?' bash "$big" 2>&1)" \
		"$(bash -c 'big=$1$1; export big; ./ids; echo $?' bash "$big" 2>&1)"
	# So many that there is hardly room for the layer's own.
	run -0 elfpatch run -- bash -c 'for i in {1..30}; do export "v$i=$1"; done; exec ./ids' bash "${big:0:60000}"
	assert_equal "$output" "./ids $PWD/ids 1"
}

@test "follow: children of clone3 with CLONE_CLEAR_SIGHAND" {
	cat >clear.c <<-'END'
		#define _GNU_SOURCE
		#include <linux/sched.h>
		#include <signal.h>
		#include <stdio.h>
		#include <stdint.h>
		#include <sys/syscall.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static void handler(int sig) { (void)sig; }
		int main(void)
		{
			struct clone_args a = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
			char *command[] = {"ids", 0};
			int status[3];

			signal(SIGUSR1, handler);
			signal(SIGUSR2, SIG_IGN);
			for (int i = 0; i < 3; i++) {
				pid_t pid = (pid_t)syscall(SYS_clone3, &a, sizeof a);

				if (!pid) {
					struct sigaction old, ignored;

					sigaction(SIGUSR1, 0, &old);
					sigaction(SIGUSR2, 0, &ignored);
					if (old.sa_handler != SIG_DFL || ignored.sa_handler != SIG_IGN)
						_exit(9);
					if (i == 0)
						raise(SIGUSR1);
					if (i == 1)
						raise(SIGTERM);
					execv("ids", command);
					_exit(8);
				}
				if (pid < 0 || waitpid(pid, status + i, 0) != pid)
					return 1;
			}
			printf("%d %d %d\n", status[0], status[1], status[2]);
			return 0;
		}
	END
	"$CC" -o clear clear.c
	run ./clear
	[[ ${lines[-1]} == "10 15 0" ]] || skip "the kernel has no CLONE_CLEAR_SIGHAND"
	seen 1 ./clear
	assert_equal "${lines[-1]}" "10 15 0"
	"$CC" -static -o clear clear.c
	seen 1 ./clear
	run -0 elfpatch run --exhaustive -- ./clear
	assert_equal "${lines[-1]}" "10 15 0"
}

@test "follow: git clone and make -j2 with --exhaustive" {
	local i
	need_tools git make
	export HOME=$PWD
	git init -q origin
	for i in {1..6}; do
		echo "int f$i(void); int f$i(void) { return $i; }" >"origin/f$i.c"
	done
	printf 'all: %s\n\t@cat $^ >all\n%%.o: %%.c\n\t@$(CC) -c -o $@ $<\n' "$(echo f{1..6}.o)" >origin/Makefile
	git -C origin add .
	git -C origin -c user.name=x -c user.email=x@example.org commit -qm x
	run -0 elfpatch run --exhaustive --layer="$LAYERS/count.img" -o table -- git clone -q origin copy
	assert_equal "$output" ""
	run -0 git -C copy status --porcelain
	assert_equal "$output" ""
	run -0 elfpatch run --exhaustive --layer="$LAYERS/count.img" -o table -- make -s -j2 -C copy
	assert_equal "$output" ""
	make -s -C origin
	cmp origin/all copy/all
	(($(awk '$NF == "execve" { n += $1 } END { print n }' table) >= 12))
}

@test "follow: a Go program with os/exec" {
	need_tools go
	cat >main.go <<-'END'
		package main

		import (
			"fmt"
			"os/exec"
			"sync"
		)

		func main() {
			var all sync.WaitGroup
			for i := 0; i < 20; i++ {
				all.Add(1)
				go func() {
					defer all.Done()
					if out, err := exec.Command("./ids").Output(); err != nil || len(out) == 0 {
						fmt.Println(err)
					}
				}()
			}
			all.Wait()
		}
	END
	CGO_ENABLED=0 GOCACHE=$PWD/cache GOFLAGS=-mod=mod GO111MODULE=off go build -o main main.go
	seen 20 ./main
	assert_equal "$output" ""
	seen 20 env ./main
	assert_equal "$output" ""
}

@test "follow: programs that change the user, and one that starts a daemon" {
	((UID == 0)) || skip "not root"
	cat >user <<-'END'
		su nobody -s /bin/sh -c 'id -u; id -G'
		runuser -u nobody -- id -un
		setpriv --reuid=65534 --clear-groups id -u
		start-stop-daemon --start --background --pidfile "$PWD/pid" --make-pidfile --startas /bin/sh -- -c "id -u >$PWD/daemon; echo end >$PWD/end"
		until [ -e end ]; do sleep 0.1; done
		cat daemon
		su nobody -s /bin/sh -c 'exit 5'
	END
	rm -f pid end
	run -5 sh user
	local directly=$output
	rm -f pid end
	run -5 elfpatch run --layer="$LAYERS/trace.img" -o trace -- sh user
	assert_equal "$output" "$directly"
	# Those who ask who they are are seen after they have become another.
	rm -f pid end
	run -5 strace -f -o strace sh user
	assert_equal "$(grep -c ' geteuid() *= 65534' trace)" "$(grep -c ' geteuid() *= 65534' strace)"
}
