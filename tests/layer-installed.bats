#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Layers away from this tree: what `make install` gives is all that any of them needs, ours as well.

load helpers

# A tree of its own: the prefix in what pkg-config says is moved there.
setup_file() {
	local root=$BATS_FILE_TMPDIR/root
	make -s -C "$BUILD" install DESTDIR="$root" >"$BATS_FILE_TMPDIR/log" 2>&1 || fail "$(cat "$BATS_FILE_TMPDIR/log")"
	sed -n 's/^prefix=//p' "$(find "$root" -name syslayer-layer.pc)" >"$BATS_FILE_TMPDIR/prefix"
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -static -o id0 -xc - <<<'#include <stdio.h>
		#include <unistd.h>
		int main(void) { return printf("%d\n", (int)getuid()) < 0; }'
	"$BUILD/elfpatch/elfpatch" rewrite -q -o id id0
}

setup() {
	common_setup
	PREFIX=$BATS_FILE_TMPDIR/root$(cat "$BATS_FILE_TMPDIR/prefix")
	cp "$BATS_FILE_TMPDIR/id" .
}

# pc ARG...: as it is called in the manual, in commands that `manual` gives.
pc() {
	PKG_CONFIG_PATH=$(dirname "$(find "$PREFIX" -name syslayer-layer.pc)") pkg-config \
		--define-variable=prefix="$PREFIX" "$@"
}

# built PACKAGE WORD...: what a user types, with the warnings of our own, for what is in this directory.
built() {
	# shellcheck disable=SC2046 # flags are words
	"${LAYER_CC:-$CC}" $(pc --cflags --libs "$1") -std=gnu11 -Wall -Wextra -Wshadow -Werror -I. "${@:2}"
}

# literal PAGE N: the Nth literal display of a manual page.
literal() {
	awk -v n="$2" '/^\.Bd -literal/ { i++; next } /^\.Ed/ { on = 0; if (i == n) exit } i == n' \
		"$SRC/man/$1" | sed 's/\\e/\\/g; s/\\&//g'
}

# manual PAGE N: runs the commands of a display, and compares what they print with what is there.
manual() {
	local line
	: >printed
	: >expected
	# shellcheck disable=SC2016 # for eval to expand
	while IFS= read -r line; do
		case $line in
			'$ '*) eval "$(sed 's/^\$ //; s/pkg-config/pc/; s/^cc /"${LAYER_CC:-$CC}" /' <<<"$line")" >>printed ;;
			*) printf '%s\n' "$line" >>expected ;;
		esac
	done < <(literal "$1" "$2")
	assert_equal "$(cat printed)" "$(cat expected)"
}

# Of each of our layers: its package, flags that are its own, and its sources.
ours() {
	local set='pattern.c set.c words.c' count='count.c count-report.c output.c'
	cat <<-END
		count syslayer-layer count.S count-no-time.c $count
		count-time syslayer-layer count-time.c $count
		deny syslayer-layer deny.c deny-policy.c $set
		enforce syslayer-image enforce.S enforce.c
		exhaustive syslayer-layer exhaustive.c output.c $set
		inject syslayer-layer inject.c inject-options.c $set
		native syslayer-image native.S
		native-run syslayer-layer native-run.S
		pin syslayer-layer pin.c $set
		trace syslayer-layer -O2 output.c trace.c trace-constants.c trace-futex.c trace-options.c trace-print.c trace-sockets.c trace-struct.c trace-thread.c $set
	END
}

@test "each of our layers is built from its own files and what is installed, to the byte" {
	local name package words all=
	mkdir away
	# Its own: no folder beside. Three headers are made of tables.
	cp "$SRC"/layers/*.[chS] "$BUILD"/layers/{calls,error-names,names}.h away
	cd away || return
	while read -r name package words; do
		# shellcheck disable=SC2086
		built "$package" $words -o "$name.img" || fail "$name" || return
		cmp "$name.img" "$BUILD/layers/$name.img" || return
		all+=$name.img$'\n'
		# And from nowhere else.
		# shellcheck disable=SC2046,SC2086
		"$CC" $(pc --cflags "$package") -I. -M $words >made-of
		run grep -E "$SRC/|$BUILD/|\.\./" made-of
		assert_equal "$status:$output" 1:
	done < <(ours)
	assert_equal "$(sort <<<"${all%$'\n'}")" "$(cd "$BUILD/layers" && printf '%s\n' *.img | sort)"
}

@test "of ours, a layer's header is layer.h; enforce, which has no library, has image.h as well" {
	local f
	for f in "$SRC"/layers/*.[chS]; do
		output=$(grep -E '^#include <syslayer/' "$f" | sort -u) || true
		case ${f##*/} in
		enforce.c) assert_equal "$output" '#include <syslayer/image.h>' || return ;;
		gate.h) assert_equal "$output" '#include <syslayer/abi.h>' || return ;;
		*) [[ ! $output || $output == '#include <syslayer/layer.h>' ]] || fail "${f##*/}: $output" || return ;;
		esac
	done
}

@test "assembly: the examples of the manual, as they stand there" {
	local compiler
	for compiler in "$CC" clang; do
		command -v "$compiler" >/dev/null || continue
		rm -f ./*.img
		literal syslayer-slot.7 1 >root.S
		LAYER_CC=$compiler manual syslayer-slot.7 2
		assert_equal "$(stat -c %s root.img)" 32768
		literal syslayer-slot.7 3 >often.S
		literal syslayer-slot.7 4 >often.c
		LAYER_CC=$compiler manual syslayer-slot.7 5
		SYSLAYER_IMAGE=$PWD/often.img run ./id
		assert_equal "$status:${lines[0]}" "0:$(id -u)"
		# As many as there are.
		SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=$PWD/table ./id >out
		assert_equal "${lines[1]}" "$(awk '$NF == "total" { print $1 }' table) calls"
		rm table
	done
}

@test "assembly: a dynamic program with threads, children and execs, under slots of the manual" {
	literal syslayer-slot.7 3 >often.S
	literal syslayer-slot.7 4 >often.c
	manual syslayer-slot.7 5
	cat >threads.py <<-'END'
		import threading
		threads = [threading.Thread(target=lambda: open("/dev/null").close()) for _ in range(9)]
		[t.start() for t in threads]
		[t.join() for t in threads]
		print("done")
	END
	# shellcheck disable=SC2016 # the other shell's
	run "$BUILD/elfpatch/elfpatch" run --layer="$PWD/often.img" -- bash -c \
		'for i in 1 2 3; do (echo $i) | cat; done; exec python3 threads.py'
	assert_status 0
	assert_equal "$(grep -v ' calls$' <<<"$output")" $'1\n2\n3\ndone'
	# bash itself, its children, cat, and python3.
	(($(grep -c ' calls$' <<<"$output") >= 8)) || fail "$output"
}

@test "C: a layer that somebody else writes" {
	cat >quota.c <<-'END'
		#include <syslayer/layer.h>

		static unsigned long left;

		static void start(const struct syslayer_start *s)
		{
			const char *quota = syslayer_getenv(s, "QUOTA");

			for (; quota && *quota >= '0' && *quota <= '9'; quota++)
				left = 10 * left + (unsigned long)(*quota - '0');
		}
		SYSLAYER_START(start);

		static void given(struct syslayer_call *c)
		{
			if (c->result > 0)
				__atomic_fetch_sub(&left, (unsigned long)c->result, __ATOMIC_RELAXED);
		}

		static void ask(struct syslayer_call *c)
		{
			unsigned long is = __atomic_load_n(&left, __ATOMIC_RELAXED);

			if (!is)
				syslayer_answer(c, -EDQUOT);
			else if ((unsigned long)c->argument[2] > is)
				c->argument[2] = (long)is;
			c->after = given;
		}
		SYSLAYER_HANDLE(write, ask);

		static void end(const struct syslayer_end *e)
		{
			char line[40];
			struct syslayer_text t;

			(void)e;
			syslayer_text_init(&t, line, sizeof line);
			syslayer_puts(&t, "left: ");
			syslayer_putn(&t, left, 0);
			syslayer_puts(&t, "\n");
			syslayer_write(2, line, (size_t)(t.at - line));
		}
		SYSLAYER_END(end);
		SYSLAYER_LAYER("quota");
	END
	built syslayer-layer quota.c -o quota.img
	"$BUILD/elfpatch/elfpatch" rewrite -q -o busybox /usr/bin/busybox
	SYSLAYER_IMAGE=$PWD/quota.img QUOTA=100 run ./busybox echo hello
	assert_equal "$status:$output" $'0:hello\nleft: 94'
	SYSLAYER_IMAGE=$PWD/quota.img QUOTA=3 run ./busybox echo -n hello
	assert_equal "${lines[0]}" "helleft: 0"
	assert_status 1
}

@test "C: a layer of somebody else's that pins, and one that catches" {
	cat >strict.c <<-'END'
		#include <syslayer/layer.h>

		static int refuse(unsigned number, unsigned long address)
		{
			(void)address;
			return number == __NR_getuid;
		}

		static void start(const struct syslayer_start *s)
		{
			static const char line[] = "not caught\n";

			if (syslayer_catch(s, refuse))
				syslayer_write(2, line, sizeof line - 1);
		}
		SYSLAYER_START(start);

		static void answer(struct syslayer_call *c)
		{
			syslayer_answer(c, 7);
		}
		SYSLAYER_HANDLE(read, answer);
		SYSLAYER_HANDLE(getppid, answer);
		SYSLAYER_PINNED;
		SYSLAYER_LAYER("strict");
	END
	built syslayer-layer strict.c -o strict.img
	# Two instructions that no section has: the first is made, the second refused.
	cat >raw.c <<-'END'
		#include <stdio.h>
		#include <sys/mman.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void)
		{
			char *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			p[0] = 0xb8, p[5] = 0x0f, p[6] = 0x05, p[7] = 0xc3;
			mprotect(p, 4096, PROT_READ | PROT_EXEC);
			printf("%d %d\n", (int)read(-1, p, 1), (int)getppid());
			mprotect(p, 4096, PROT_READ | PROT_WRITE);
			*(int *)(p + 1) = SYS_getppid;
			mprotect(p, 4096, PROT_READ | PROT_EXEC);
			printf("%d\n", ((int (*)(void))p)());
			fflush(stdout);
			mprotect(p, 4096, PROT_READ | PROT_WRITE);
			*(int *)(p + 1) = SYS_getuid;
			mprotect(p, 4096, PROT_READ | PROT_EXEC);
			return ((int (*)(void))p)();
		}
	END
	"$CC" -w -O1 -static raw.c -o raw0
	"$BUILD/elfpatch/elfpatch" rewrite -q -o raw raw0
	ulimit -c 0
	SYSLAYER_IMAGE=$PWD/strict.img run ./raw
	assert_equal "$status:$output" $'159:7 7\n7'
	printf '#include <syslayer/layer.h>\nstatic void f(struct syslayer_call *c) { (void)c; }\nSYSLAYER_HANDLE_SELECTED(f);\nSYSLAYER_PINNED;\nSYSLAYER_LAYER("both");\n' >both.c
	run built syslayer-layer both.c -o both.img
	assert_status 1
	assert_contains "SYSLAYER_PINNED and SYSLAYER_HANDLE_SELECTED do not go together"
}
