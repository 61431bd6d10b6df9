#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Dynamic programs with a rewritten dynamic linker and C library: count and trace see all calls that strace sees, in the
# same run, each thread's in the same order and with the same results (coverage/compare.py).

load helpers
load dynamic

setup_file() {
	PATH=$BUILD/elfpatch:$PATH
	cd "$BATS_FILE_TMPDIR" || return
	rewritten root /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 || return
	# A static program; it has a section of its own.
	GOCACHE=$PWD/cache GO111MODULE=off CGO_ENABLED=0 GOPROXY=off go build -o go0 "$SRC/tests/sites/go.go" &&
		elfpatch rewrite -q -o go go0
}

setup() {
	common_setup
	need_tools strace
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	root=$BATS_FILE_TMPDIR/root
}

# seen_by LAYER COMMAND...: strace over the command under the layer, and no difference.
seen_by() {
	local layer=$1 image=$BUILD/layers/$1.img
	shift
	rm -f log said
	within "$root" strace -f -i -s 0 -o "$PWD/log" ${exhaustive:+-E SYSLAYER_EXHAUSTIVE=1} -E SYSLAYER_IMAGE="$image" -E SYSLAYER_OUTPUT="$PWD/said" \
		"$@" >output 2>&1 || fail "$*: $?" "$(tail output)" || return
	run python3 "$SRC/tests/coverage/compare.py" "$layer" log said "$image" "$root"/usr/lib/*/* "$BATS_FILE_TMPDIR/go"
	assert_status 0
}

# seen COMMAND...
seen() {
	seen_by trace "$@" && seen_by count "$@"
}

# With Syscall User Dispatch, too: what is caught is seen once, and what the handler does for it is not.
seen_exhaustively() {
	local exhaustive=1
	seen "$@"
}

# nginx_settings DIRECTORY ADDRESS
nginx_settings() {
	cat >"$1/nginx.conf" <<-END
		user root; worker_processes 2; pid nginx.pid; error_log logs/error.log;
		events { worker_connections 64; }
		http {
			access_log logs/access.log; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
			uwsgi_temp_path t4; scgi_temp_path t5;
			server { listen $2; root $PWD/$1; }
		}
	END
}

@test "coverage: date, ls -lR, find, tar" {
	seen date
	seen ls -lR /usr/share/doc/bash /usr/share/doc/gcc
	seen_by trace ls -lR /usr/share/doc
	seen find /usr/share/man -newer /etc/passwd
	seen tar cf /dev/null /usr/share/doc/bash /usr/share/doc/gcc
}

@test "coverage: bash, with pipelines and background jobs" {
	cat >script <<-'END'
		ls / | sort -r | head -n 3
		for i in 1 2 3; do (echo $i | cat); done
		sleep 0.1 &
		trap 'echo child' CHLD
		wait
		echo "$(echo "$(date)")" >/dev/null
	END
	seen bash script
}

@test "coverage: python, with threads, children and asyncio" {
	seen /usr/bin/python3 "$SRC/tests/coverage/program.py"
}

@test "coverage: make -j2 of a C project, gcc" {
	local i
	for i in 1 2 3 4; do
		echo "int f$i(void) { return $i; }" >f$i.c
	done
	echo 'int f1(void); int main(void) { return f1() - 1; }' >main.c
	printf 'program: main.o f1.o f2.o f3.o f4.o\n\tgcc -o $@ $^\n' >Makefile
	seen_by trace make -s -j2 CC=gcc
	./program
	rm -- *.o program
	seen_by count make -s -j2 CC=gcc
	./program
}

@test "coverage: git clone" {
	git init -q -b main from
	(
		cd from
		seq 1 2000 >file
		git add file
		git -c user.name=a -c user.email=b commit -q -m one
	)
	seen_by trace git clone -q from to
	cmp from/file to/file
	seen_by count git clone -q from again
}

@test "coverage: redis-server under redis-benchmark" {
	cat >script <<-'END'
		redis-server --port 0 --unixsocket "$PWD/socket" --save '' >/dev/null &
		until redis-cli -s socket ping >/dev/null; do sleep 0.2; done
		redis-benchmark -s socket -n 300 -c 10 -q -t set,get >/dev/null
		redis-cli -s socket shutdown nosave
		wait
	END
	seen bash script
}

@test "coverage: nginx under load" {
	mkdir -p web/logs
	cp "$SRC/LICENSE" web/file
	nginx_settings web "unix:$PWD/web/socket"
	cat >script <<-'END'
		nginx -p "$PWD/web" -c "$PWD/web/nginx.conf"
		for i in {1..40}; do
			/usr/bin/curl -s --unix-socket web/socket http://localhost/file | cmp - web/file || exit
		done
		nginx -p "$PWD/web" -c "$PWD/web/nginx.conf" -s quit
		while [ -e web/nginx.pid ]; do sleep 0.1; done
	END
	seen bash script
}

@test "coverage: nginx under wrk" {
	local port
	need_tools wrk
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	mkdir -p web/logs
	cp "$SRC/LICENSE" web/file
	nginx_settings web "127.0.0.1:$port"
	cat >script <<-END
		nginx -p "$PWD/web" -c "$PWD/web/nginx.conf"
		wrk -t 2 -c 8 -d 1 http://127.0.0.1:$port/file || exit
		nginx -p "$PWD/web" -c "$PWD/web/nginx.conf" -s quit
		while [ -e web/nginx.pid ]; do sleep 0.1; done
	END
	seen bash script
	refute_contains "Non-2xx" "$(cat output)"
	grep -Eq '^ +[0-9]{2,} requests in' output || fail "$(cat output)"
}

@test "coverage: node, with a server, children, worker threads and files" {
	need_tools node
	seen node "$SRC/tests/coverage/program.js"
	assert_equal "$(tail -n 1 output)" "20 answers, 3 children, 2 workers, 4 files"
}

@test "coverage: a Go server under load, a thousand goroutines" {
	seen "$BATS_FILE_TMPDIR/go" serve
	assert_equal "$(tail -n 1 output)" "serve: right"
	seen "$BATS_FILE_TMPDIR/go" goroutines
	assert_equal "$(tail -n 1 output)" "goroutines: right"
}

@test "coverage: stress-ng's fork, vfork, signal, futex, timer, pthread" {
	local what
	for what in fork vfork signal futex timer pthread; do
		seen stress-ng --$what 1 --$what-ops 20 --verify -q
	done
}

# Some of its children strace is not allowed to see.
@test "coverage: stress-ng's clone" {
	seen_by trace stress-ng --clone 1 --clone-ops 20 --verify -q
}

@test "coverage: exhaustive: python, bash, git, stress-ng's vfork and pthread" {
	seen_exhaustively /usr/bin/python3 "$SRC/tests/coverage/program.py"
	# shellcheck disable=SC2016 # for the script
	echo 'ls / | sort -r | head -n 3; (echo a | cat); sleep 0.1 & wait; trap "echo c" USR1; kill -USR1 $$' >script
	seen_exhaustively bash script
	git init -q -b main from
	git -C from -c user.name=a -c user.email=b commit -q --allow-empty -m one
	seen_exhaustively git -C from fsck --no-progress
	seen_exhaustively stress-ng --vfork 1 --vfork-ops 20 --verify -q
	seen_exhaustively stress-ng --pthread 1 --pthread-ops 20 --verify -q
}
