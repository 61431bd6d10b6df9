#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Rewritten dynamic linkers, C libraries and libraries: one layer for all of a process.

load helpers
load dynamic

LD=/lib64/ld-linux-x86-64.so.2
LIBC=/lib/x86_64-linux-gnu/libc.so.6

setup_file() {
	PATH=$BUILD/elfpatch:$PATH
	cd "$BATS_FILE_TMPDIR" || return
	rewritten root "$LD" "$LIBC" /lib/ld-musl-x86_64.so.1 &&
		rewritten libc-only "$LIBC" &&
		"$CC" -O1 -shared -fPIC -o plain.so "$SRC/tests/dynamic/library.c" &&
		"$CC" -O1 -o user "$SRC/tests/dynamic/user.c" &&
		elfpatch rewrite -q -o library.so plain.so &&
		elfpatch rewrite -q -o user.rewritten user
}

setup() {
	common_setup
	cd "$BATS_FILE_TMPDIR" || return
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	rm -f table summary
	export SYSLAYER_OUTPUT=$PWD/table
}

# What the runtime and the stubs themselves call, to find an image and the primary section; the ends; and munmap, of
# which glibc makes one or two for a library that is aligned to more than a page, by chance.
not_compared='^(execve|exit_group|mremap|munmap|open|prctl)$'

# counted_as_traced COMMAND...: the layer counts what strace sees of the same files with native stubs, call for
# call; and the program does what it does as it was.
counted_as_traced() {
	rm -f table
	within root strace -f -c -o summary "$@" >output.native
	within root env SYSLAYER_IMAGE="$COUNT" "$@" >output.counted
	"$@" >output.plain
	cmp output.plain output.native && cmp output.plain output.counted || return
	strace_summary summary | awk -v n="$not_compared" '$3 !~ n' >traced
	count_summary table | awk -v n="$not_compared" '$3 !~ n' >counted
	run diff traced counted
	assert_status 0
}

@test "dynamic: programs do what they did, by native stubs" {
	run within root /bin/echo hello
	assert_equal "$output" hello
	run -0 within root ls -l /usr/share/doc
	assert_equal "$output" "$(ls -l /usr/share/doc)"
	run -0 within root sh -c 'ls / | sort -r | head -n 3 | tr a-z A-Z'
	assert_equal "$output" "$(sh -c 'ls / | sort -r | head -n 3 | tr a-z A-Z')"
}

@test "dynamic: every call from the dynamic linker's first is counted" {
	counted_as_traced date +%Y
	counted_as_traced ls -R /usr/share/doc
	(($(awk '$2 == "getdents64" { print $1 }' table) > 100)) || fail "$(cat table)"
}

@test "dynamic: python's threads and processes" {
	cat >program.py <<-'END'
		import subprocess, threading
		print(subprocess.run(["ls", "-d", "/"], capture_output=True).stdout)
		threads = [threading.Thread(target=print, args=(i,)) for i in range(20)]
		[(thread.start(), thread.join()) for thread in threads]
	END
	run -0 python3 program.py
	expected=$output
	run -0 within root env SYSLAYER_IMAGE="$COUNT" python3 program.py
	assert_equal "$output" "$expected"
	(($(awk '$2 == "clone3" || $3 == "clone3" { n += $1 } END { print n }' table) >= 20)) || fail "$(cat table)"
}

@test "dynamic: an executable with calls of its own has the dynamic linker's layer, before main too" {
	run -0 within root env SYSLAYER_IMAGE="$COUNT" ./user.rewritten
	assert_equal "$output" right
	assert_equal "$(grep -c ' total$' table)" 1
	# In the preinit array, by itself and by libc; and in each library's constructor.
	(($(awk '$2 == "getppid" { print $1 }' table) >= 2)) || fail "$(cat table)"
}

@test "dynamic: a library is joined while it is loaded, from threads, again and again, and in a namespace" {
	run -0 within root env SYSLAYER_IMAGE="$COUNT" ./user.rewritten
	assert_equal "$output" right
	# 6 times: one call of the resolver, 8 threads with 100 calls and the C library's beside them.
	(($(awk '$2 == "gettid" { print $1 }' table) >= 9600)) || fail "$(cat table)"
	assert_equal "$(awk '$2 == "getpid" { print $1 }' table)" 6
}

@test "dynamic: an executable with calls of its own beside a dynamic linker without a section" {
	SYSLAYER_IMAGE=$COUNT run -0 ./user.rewritten
	assert_equal "$output" right
	assert_equal "$(grep -c ' total$' table)" 1
	(($(awk '$2 == "gettid" { print $1 }' table) >= 4000)) || fail "$(cat table)"
}

@test "dynamic: a rewritten C library beside all else as it was" {
	run -0 within libc-only ls -l /usr/share/doc
	assert_equal "$output" "$(ls -l /usr/share/doc)"
	run -0 within libc-only ./user
	assert_equal "$output" right
}

@test "dynamic: the dynamic linker as a program" {
	local ld
	ld=root$(readlink -f $LD)
	run -0 "$ld" --list /bin/ls
	assert_contains libc.so.6
	SYSLAYER_IMAGE=$COUNT run -0 "$ld" --library-path "${ld%/*}" /bin/echo hello
	assert_equal "$output" hello
	(($(awk '$2 == "write" { print $1 }' table) == 1)) || fail "$(cat table)"
	run -0 within root ldd /bin/ls
	assert_contains libc.so.6
}

@test "dynamic: LD_BIND_NOW, LD_PRELOAD, LD_DEBUG" {
	LD_BIND_NOW=1 run -0 within root ls -d /
	assert_equal "$output" /
	LD_PRELOAD=$PWD/library.so run -0 within root ls -d /
	assert_equal "$output" /
	LD_DEBUG=libs run -0 within root ls -d /
	assert_contains "calling init"
}

@test "dynamic: musl" {
	echo '#include <stdio.h>
	int main(void) { return puts("hello") < 0; }' >musl.c
	musl-gcc -o musl musl.c
	counted_as_traced ./musl
	assert_equal "$(cat output.counted)" hello
}

@test "dynamic: stamp gives a program a layer of its own, unstamp the stubs that it had" {
	cp user.rewritten again
	elfpatch stamp -q -i --image="$COUNT" again
	run -0 elfpatch inspect again
	assert_contains "stamped with count"
	elfpatch unstamp -q -i again
	cmp again user.rewritten
}
