#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run: libraries that a program loads by dlopen(3), from where ldconfig(8) does not look.
# shellcheck disable=SC2016,SC2154 # for inner shells; status is of run, too

load helpers
load run

setup_file() {
	run_setup_file
	cd "$BATS_FILE_TMPDIR/plain" || return
	cat >asks.c <<-'END'
		long NAME(void);
		long NEEDS(void) __attribute__((weak));
		long NAME(void)
		{
			long r;
			__asm__ volatile("syscall" : "=a"(r) : "a"(124), "D"(0) : "rcx", "r11", "memory");
			return r < 0 ? -1 : 1 + (NEEDS ? NEEDS() : 0);
		}
	END
	cat >loads.c <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <pthread.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/mman.h>
		#include <fcntl.h>
		#include <unistd.h>

		static void stop(void)
		{
			puts(dlerror());
			exit(1);
		}
		static long call(void *handle)
		{
			long (*f)(void) = 0;
			if (!handle || !(*(void **)&f = dlsym(handle, "one")))
				stop();
			return f();
		}
		static void *thread(void *path)
		{
			call(dlopen(path, RTLD_NOW));
			return 0;
		}
		/* A file without a name, or with one by a link of /proc. */
		static void *by_number(const char *path, int copy)
		{
			static char bytes[1 << 20];
			char name[64];
			int fd = open(path, O_RDONLY);
			ssize_t n;

			if (copy) {
				n = read(fd, bytes, sizeof bytes);
				fd = memfd_create("library", MFD_CLOEXEC);
				if (write(fd, bytes, n) != n)
					return 0;
			}
			snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
			return dlopen(name, RTLD_NOW);
		}
		int main(int argc, char **argv)
		{
			char line[4096], *how = argc > 1 ? argv[1] : "";
			pthread_t t[8];
			FILE *maps;
			int named = 0;

			for (int i = 2; i < argc; i++) {
				if (!strcmp(how, "threads")) {
					for (int n = 0; n < 8; n++)
						pthread_create(t + n, 0, thread, argv[i]);
					for (int n = 0; n < 8; n++)
						pthread_join(t[n], 0);
				} else if (!strcmp(how, "number")) {
					printf("%ld\n", call(by_number(argv[i], 0)));
				} else if (!strcmp(how, "memory")) {
					printf("%ld\n", call(by_number(argv[i], 1)));
		#ifdef LM_ID_NEWLM
				} else if (!strcmp(how, "apart")) {
					printf("%ld\n", call(dlmopen(LM_ID_NEWLM, argv[i], RTLD_NOW)));
		#endif
				} else {
					void *handle = dlopen(argv[i], RTLD_NOW);
					printf("%ld\n", call(handle));
					if (handle != dlopen(argv[i], RTLD_NOW))
						puts("it is another");
				}
			}
			maps = fopen("/proc/self/maps", "r");
			while (argc > 2 && fgets(line, sizeof line, maps))
				named += !!strstr(line, strrchr(argv[2], 0x2f) ? strrchr(argv[2], 0x2f) : argv[2]);
			puts(named ? "named" : "nameless");
			return 0;
		}
	END
	mkdir lib two
	"$CC" -shared -fPIC -O1 -DNAME=two -DNEEDS=three -o two/libtwo.so asks.c &&
		"$CC" -shared -fPIC -O1 -DNAME=one -DNEEDS=two -o lib/libone.so asks.c -Wl,--no-as-needed two/libtwo.so -Wl,-rpath,'$ORIGIN/../two' &&
		"$CC" -shared -fPIC -O1 -DNAME=one -DNEEDS=none -o lib/libalone.so asks.c &&
		"$CC" -O1 -pthread -o loads loads.c -ldl &&
		musl-gcc -O1 -pthread -o loads.musl loads.c &&
		echo 'long one(void); long one(void) { return 3; }' >nothing.c &&
		"$CC" -shared -fPIC -o lib/libnothing.so nothing.c
}

setup() {
	run_setup
	cd "$BATS_FILE_TMPDIR/plain" || return
	# Mounts of another test are in another namespace; what they were made of is in the cache.
	PLAIN=$PWD
}

# asked TABLE: how often getsid(2) has been seen.
asked() {
	awk '$2 == "getsid" { n += $1 } END { print n + 0 }' "$1"
}

# seen TIMES COMMAND...: the layer count has seen getsid so often.
seen() {
	local times=$1
	shift
	rm -f "$BATS_TEST_TMPDIR/table"
	run -0 elfpatch run --layer="$LAYERS/${LAYER:-count}.img" -o "$BATS_TEST_TMPDIR/table" -- "$@"
	assert_equal "$(asked "$BATS_TEST_TMPDIR/table")" "$times"
}

@test "load: every call of a program and its library, in order" {
	local program
	for program in loads loads.musl; do
		elfpatch run --layer="$LAYERS/trace.img" -o /dev/null -- ./$program open "$PLAIN/lib/libone.so"
		strace -f -i -s 0 -o "$BATS_TEST_TMPDIR/strace" elfpatch run --layer="$LAYERS/trace.img" -o "$BATS_TEST_TMPDIR/said" -- ./$program open "$PLAIN/lib/libone.so"
		run -0 python3 "$SRC/tests/coverage/compare.py" --run trace "$BATS_TEST_TMPDIR/strace" "$BATS_TEST_TMPDIR/said" "$LAYERS/trace.img" "$XDG_CACHE_HOME"/syslayer/files/*
		assert_equal "$(grep -c 'getsid(' "$BATS_TEST_TMPDIR/said")" 2
	done
}

@test "load: by path, with a library that it needs, again, in a namespace of the linker's" {
	local program
	for program in loads loads.musl; do
		seen 2 ./$program open "$PLAIN/lib/libone.so"
		assert_equal "$output" "2
named"
		seen 1 ./$program open ./lib/libalone.so
		assert_equal "$output" "1
named"
	done
	seen 2 ./loads apart "$PLAIN/lib/libone.so"
	LD_LIBRARY_PATH=lib seen 1 ./loads open libalone.so
}

@test "load: what needs nothing is asked about once" {
	local i
	for i in 1 10; do
		run -0 strace -f -o "$BATS_TEST_TMPDIR/$i" -e trace=connect \
			elfpatch run -- bash -c "for ((i = 0; i < $i; i++)); do ./loads name lib/libnothing.so >said; done"
	done
	# About the program, and about the library.
	assert_equal "$(grep -c 'connect(.*@"syslayer-' "$BATS_TEST_TMPDIR/1")" 2
	# The next one may come before an answer is shown to all; each would ask twice.
	run -0 grep -c 'connect(.*@"syslayer-' "$BATS_TEST_TMPDIR/10"
	((output < 10)) || fail "$output questions"
}

@test "load: eight libraries by eight threads, from nothing and again" {
	local i
	mkdir -p many
	for i in {1..8}; do
		[[ -e many/lib"$i".so ]] || cp lib/libalone.so many/lib"$i".so
	done
	for program in loads loads.musl; do
		for i in 1 2; do
			seen 64 ./$program threads many/lib?.so
		done
	done
}

@test "load: a file without a name, one by the link of its descriptor" {
	seen 1 ./loads number lib/libalone.so
	seen 1 ./loads number lib/libalone.so # that is in place for nobody any more
	seen 2 ./loads number lib/libalone.so lib/libalone.so
	seen 1 ./loads memory lib/libalone.so
	assert_equal "$output" "1
nameless"
	seen 1 ./loads.musl memory lib/libalone.so
	# By its name first: what stands there is not what the descriptor is of.
	seen 2 sh -c './loads open ./lib/libalone.so; exec 9<lib/libalone.so; ./loads number lib/libalone.so'
}

@test "load: for a plain user, and of a file that he may not read" {
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- ./loads open ./lib/libone.so
	assert_equal "$(asked table)" 2
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- ./loads memory ./lib/libalone.so
	assert_equal "$(asked table)" 1
	cp lib/libalone.so lib/libclosed.so
	chmod 0 lib/libclosed.so
	run -1 plain elfpatch run -- ./loads open ./lib/libclosed.so
	assert_contains "Permission denied"
}

@test "load: under layers that look at few calls or none, and with --exhaustive" {
	local layer
	echo 'default allow' >policy
	for layer in native native-run deny inject pin exhaustive; do
		SYSLAYER_POLICY=$PLAIN/policy SYSLAYER_INJECT=close:error=EBADF:when=10000 \
			run -0 elfpatch run --layer="$LAYERS/$layer.img" -- ./loads open ./lib/libone.so
		assert_equal "${lines[0]}" 2
	done
	SYSLAYER_INJECT=getsid:error=EPERM run -0 elfpatch run --layer="$LAYERS/inject.img" -- ./loads open ./lib/libalone.so
	assert_equal "${lines[0]}" -1
	# Nothing of it is outside.
	run -0 elfpatch run --exhaustive --layer="$LAYERS/exhaustive.img" -o "$BATS_TEST_TMPDIR/outside" -- ./loads open ./lib/libone.so
	refute_contains getsid "$(cat "$BATS_TEST_TMPDIR/outside" 2>/dev/null)"
	assert_equal "${lines[0]}" 2
}

@test "load: what has been loaded can be removed, replaced, changed as ever" {
	cat >script <<-'END'
		set -e
		cp lib/libalone.so new.so; ./loads open ./new.so; rm new.so; [ ! -e new.so ]
		cp lib/libalone.so new.so; ./loads open ./new.so; cp lib/libalone.so other; mv other new.so; ./loads open ./new.so
		cp lib/libnothing.so new.so; ./loads open ./new.so; cp lib/libalone.so new.so; ./loads open ./new.so
		rm new.so
	END
	seen 4 bash script
	run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- bash script
	assert_equal "$(asked table)" 4
}

@test "load: a program that is found at execve, with libraries by its own path that need others" {
	local tags
	for tags in --enable-new-dtags --disable-new-dtags; do
		echo 'long one(void); int main(void) { return one() != 2; }' >linked.c
		"$CC" -O1 -o "linked$tags" linked.c -Llib -lone -Wl,-rpath,'$ORIGIN/lib',$tags -Wl,-rpath-link,two
		seen 2 env "./linked$tags"
		seen 4 env -i "./linked$tags" "./linked$tags" && seen 4 sh -c "./linked$tags; ./linked$tags"
		run -0 plain elfpatch run --layer="$LAYERS/count.img" -o table -- env "./linked$tags"
		assert_equal "$(asked table)" 2
		rm -f table
	done
}

@test "load: an auditor, and a library that is preloaded" {
	{
		sed 's/NAME/none/; s/NEEDS/nothing/' asks.c
		echo 'unsigned la_version(unsigned v); unsigned la_version(unsigned v) { none(); return v; }'
	} >audit.c
	"$CC" -shared -fPIC -O1 -o audit.so audit.c
	LD_AUDIT=$PLAIN/audit.so seen 1 /bin/true
}

@test "load: a module of python, that has none" {
	seen 0 /usr/bin/python3 -c 'import _ctypes, _json; print(_json.__file__)'
	assert_contains .so
}
