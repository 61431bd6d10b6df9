#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch run --exhaustive: Syscall User Dispatch catches the calls of what is not rewritten, and they go through the
# layer. exhaustive/caught.c makes calls of all kinds in a library that nobody rewrites.

load helpers
load run

setup_file() {
	run_setup_file || return
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -shared -o raw.so "$SRC/tests/exhaustive/raw.S" &&
		# With a section it passes for one that is rewritten, and stays as it is.
		"$BUILD/elfpatch/elfpatch" reserve -i -q raw.so &&
		"$CC" -O1 -Wall -pthread -o caught "$SRC/tests/exhaustive/caught.c" &&
		"$CC" -O1 -Wall -pthread -o outside "$SRC/tests/layers/outside.c"
}

setup() {
	run_setup
	here=$BATS_FILE_TMPDIR
	unset SYSLAYER_EXHAUSTIVE SYSLAYER_PIN
	ulimit -c 0
}

# caught LAYER: the program runs as without a layer.
caught() {
	run --separate-stderr elfpatch run --exhaustive --layer="$LAYERS/$1.img" -o said -- "$here/caught" "$here/raw.so"
	assert_status 0
	refute_contains WRONG
	assert_equal "${#lines[@]}" 33
	# shellcheck disable=SC2154 # set by run
	[[ $1 == pin ]] || assert_equal "$stderr" ""
}

@test "without a layer the program does what it does with one" {
	run "$here/caught" "$here/raw.so"
	# That it may not arm a dispatch of its own is the one difference.
	assert_equal "$(grep -c ^ok: <<<"$output")" 32
	assert_equal "$(grep -v ^ok: <<<"$output")" "WRONG: its own dispatch is refused"
}

@test "calls of all kinds are caught: exhaustive" {
	caught exhaustive
	# Each place has a line, with the file.
	run cat said
	assert_contains " futex at $here/raw.so+0x"
	assert_contains " vfork at $here/raw.so+0x"
	assert_contains " clock_gettime at [vdso]+0x"
	# The child of a fork counts from one on.
	assert_equal "$(grep -c "^exhaustive: process .*: 1 call from outside of the section$" said)" 2
}

@test "calls of all kinds are caught: count" {
	caught count
	run awk '$4 == "kill" { print $1, $2, $3 }' said
	# Of those caught, one is of a child that shares the memory, and kills itself: it does not come back.
	assert_contains "21 0 22"
	run grep -E '^ +[0-9]+ +[0-9]+ +1 clock_gettime$' said
	assert_status 0
	SYSLAYER_FORMAT=json caught count
	[[ $(tail -n 1 said) == *'"getppid":{"calls":28,"errors":0,"outside":26}'* ]] || fail "$(tail -n 1 said)"
}

@test "calls of all kinds are caught: count-time, trace" {
	caught count-time
	caught trace
	grep -Eq '^[0-9]+ +futex\(.*\) = 0 \(outside, at 0x[0-9a-f]+\)$' said
	grep -Eq '^[0-9]+ +getpid\(\) += [0-9]+$' said
	SYSLAYER_FORMAT=json caught trace
	grep -Eq '"call":"futex".*,"result":0,"outside":"0x[0-9a-f]+"}$' said
}

@test "calls of all kinds are caught: deny, inject" {
	echo 'default allow' >policy
	export SYSLAYER_POLICY=$PWD/policy
	caught deny
	printf 'getppid errno EPERM\ndefault allow\n' >policy
	run elfpatch run --exhaustive --layer="$LAYERS/deny.img" -- "$here/outside" here
	refute_contains made
	caught inject
}

@test "calls of all kinds are caught: a layer of one's own" {
	cat >my.c <<-'END'
		#include <syslayer/layer.h>
		static void f(struct syslayer_call *c)
		{
			if (c->outside)
				syslayer_answer(c, 4711);
		}
		SYSLAYER_HANDLE(getpgid, f);
		SYSLAYER_LAYER("my");
	END
	printf '#include <dlfcn.h>\n#include <stdio.h>\n#include <sys/syscall.h>\n#include <unistd.h>\nint main(int c, char **v) { long (*raw)(long, ...) = (long (*)(long, ...))dlsym(dlopen(v[1], RTLD_NOW), "raw"); (void)c; printf("%%ld %%d\\n", raw(SYS_getpgid, 0L), getpgid(0) == 4711); return 0; }\n' >own.c
	"$CC" -o own own.c
	"$CC" -Os -ffreestanding -fPIC -fvisibility=hidden -mgeneral-regs-only -fno-stack-protector -fcf-protection=none \
		-fno-asynchronous-unwind-tables -fno-builtin -I"$SRC/include" -Wa,-I"$SRC/include" -nostdlib -static \
		-Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-dynamic-linker -Wl,-pie -Wl,--oformat=binary \
		-Wl,-T,"$BUILD/layers/layer.lds" "$BUILD/layers/layer.o" my.c -o my.img
	run elfpatch run --exhaustive --layer="$PWD/my.img" -- ./own "$here/raw.so"
	assert_equal "$status:$output" "0:4711 0"
	SYSLAYER_EXHAUSTIVE=1 run elfpatch run --layer="$PWD/my.img" -- ./own "$here/raw.so"
	assert_equal "$output" "4711 0"
}

@test "calls of all kinds are reported: pin" {
	SYSLAYER_PIN=report caught pin
	[[ $stderr == *"syslayer: pin: futex at 0x"* && $stderr != *clock_gettime* && $stderr != *rt_sigreturn* ]] || fail "$stderr"
}

@test "without a name of a layer nothing is said, and everything is caught" {
	run elfpatch run --exhaustive --layer-dir="$LAYERS" -- "$here/outside" here
	assert_equal "$status:$output" $'0:caught 10\nmade\nend'
	run elfpatch run --exhaustive --layer-dir="$LAYERS" --layer=native -o said -- "$here/outside" here
	assert_status 0
	run cat said
	assert_contains " getppid at memory without a name, 0x"
	SYSLAYER_EXHAUSTIVE=report run elfpatch run --exhaustive --layer-dir="$LAYERS" -- "$here/outside" here
	assert_contains " getppid at memory without a name, 0x"
}

@test "int 0x80" {
	"$here/caught" "$here/raw.so" int80 || skip "the kernel has no calls of i386"
	elfpatch run --exhaustive --layer-dir="$LAYERS" -- "$here/caught" "$here/raw.so" int80
	run elfpatch run --layer="$LAYERS/pin.img" -- "$here/caught" "$here/raw.so" int80
	assert_status 159
}

# Calls that stay in their place are caught there, after the layer was asked, and once only.
@test "threads are cancelled: musl, static and dynamic, and glibc" {
	local layer
	need_tools musl-gcc
	musl-gcc -O1 -static -pthread -o static0 "$SRC/tests/exhaustive/cancel.c"
	elfpatch rewrite -q -o static static0
	musl-gcc -O1 -pthread -o musl "$SRC/tests/exhaustive/cancel.c"
	"$CC" -O1 -pthread -o glibc "$SRC/tests/exhaustive/cancel.c"
	export SYSLAYER_EXHAUSTIVE=1 SYSLAYER_OUTPUT=$PWD/said
	for layer in exhaustive pin count trace; do
		SYSLAYER_IMAGE=$LAYERS/$layer.img run timeout 60 ./static
		assert_equal "$layer, static: $status:$output" "$layer, static: 0:end"
		run timeout 60 elfpatch run --layer="$LAYERS/$layer.img" -- ./musl
		assert_equal "$layer, musl: $status:$output" "$layer, musl: 0:end"
		run timeout 60 elfpatch run --layer="$LAYERS/$layer.img" -- ./glibc
		assert_equal "$layer, glibc: $status:$output" "$layer, glibc: 0:end"
	done
	# Each poll was counted once, and none as from outside. musl's come back with EINTR, from glibc's nothing does.
	run awk '$NF == "poll" { print NF, $1 }' said
	assert_equal "$output" "$(printf '3 20\n3 20\n2 20')"
}

@test "threads are cancelled wherever it finds them" {
	local layer what
	"$CC" -O1 -pthread -o cancelled "$SRC/tests/calls/cancelled.c"
	for layer in trace count; do
		for what in storm failing blocked asynchronous uncaught disturbed; do
			run timeout 300 elfpatch run --exhaustive --layer="$LAYERS/$layer.img" -o said -- ./cancelled "$what"
			assert_equal "$layer: $status:$output" "$layer: 0:$what: right"
		done
	done
}

@test "programs: node with a worker and a child, stress-ng's fork, vfork, clone, signal, pthread" {
	local layer what
	need_tools node stress-ng
	for layer in exhaustive pin; do
		run timeout 60 elfpatch run --exhaustive --layer="$LAYERS/$layer.img" -- node -e '
			const { Worker } = require("worker_threads");
			console.log(require("child_process").execSync("echo child").toString().trim());
			new Worker("1", { eval: true }).on("exit", (code) => console.log("worker", code));'
		assert_equal "$layer: $status:$output" "$layer: 0:child"$'\nworker 0'
		for what in fork vfork clone signal pthread; do
			run timeout 60 elfpatch run --exhaustive --layer="$LAYERS/$layer.img" -- stress-ng --$what 1 --$what-ops 50 --verify -q
			assert_equal "$layer: $what: $status:$output" "$layer: $what: 0:"
		done
	done
}
