#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Layers in C: what <syslayer/layer.h> promises, the flags of pkg-config, the example of the manual.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O1 -Wall -Wextra -pthread -I"$SRC/include" -o host "$SRC/tests/layers/kit-host.c" \
		"$SRC/tests/layers/site.c"
	layer kit.img "$SRC/tests/layers/kit.c"
	layer end.img -DKIT_END "$SRC/tests/layers/kit.c"
	layer selected.img "$SRC/tests/layers/selected.c"
}

setup() {
	common_setup
	host=$BATS_FILE_TMPDIR/host
	kit=$BATS_FILE_TMPDIR/kit.img
	ulimit -c 0
}

# flags: what pkg-config says, with the build tree for what is not installed yet.
flags() {
	PKG_CONFIG_PATH=$BUILD/layers pkg-config --cflags --libs --define-variable=kit="$BUILD/layers" \
		--define-variable=includedir="$SRC/include" syslayer-layer
}

# layer IMAGE WORD...: what a user types, with the warnings of our own.
layer() {
	# shellcheck disable=SC2046 # they are words
	"${LAYER_CC:-$CC}" $(flags) -Wall -Wextra -Werror "${@:2}" -o "$1"
}

# example N FILE: the Nth literal display of the manual page.
example() {
	awk -v n="$1" '/^\.Bd -literal/ { i++; next } /^\.Ed/ { on = 0; if (i == n) exit } i == n' \
		"$SRC/man/syslayer-layer.7" | sed 's/\\e/\\/g; s/\\&//g' >"$2"
}

@test "handlers: answer, change, look at the result, make, be asked" {
	run "$host" "$kit" handlers
	assert_equal "$status:$output" 0:
}

@test "handlers: addresses that are none are no harm" {
	run "$host" "$kit" peeks
	assert_equal "$status:$output" 0:
}

@test "handlers: one that a signal interrupts is entered again" {
	run "$host" "$kit" nested
	assert_equal "$status:$output" 0:
}

@test "handlers: the stack of one that was left by longjmp is used again" {
	run "$host" "$kit" jumps
	assert_equal "$status:$output" 0:
}

@test "handlers: in many threads with small stacks" {
	run "$host" "$kit" threads
	assert_equal "$status:$output" 0:
}

@test "handlers: in a child of fork" {
	run "$host" "$kit" forks
	assert_equal "$status:$output" 0:
}

@test "handlers: in a thread without storage of its own, and in a child of vfork" {
	run "$host" "$kit" bare
	assert_equal "$status:$output" 0:
}

@test "a handler that crashes names its layer" {
	run "$host" "$kit" crash
	assert_status 139
	[[ $output =~ ^syslayer:\ the\ layer\ kit\ crashed:\ SIGSEGV\ at\ 0x([89a-f]|1[0-9a-f])[0-9a-f]{3},\ address\ 0x10$ ]] || fail "$output"
	run "$host" "$kit" own-crash
	assert_equal "$status:$output" 139:
}

@test "a handler that crashes names its layer, and then the program's own handler is called" {
	local who
	for who in layer call; do
		run --separate-stderr "$host" "$kit" handled $who
		# shellcheck disable=SC2154 # set by run
		assert_equal "$(grep -Ec '^syslayer: the layer kit crashed: SIGSEGV at 0x([89a-f]|1[0-9a-f])[0-9a-f]{3}, address 0x(10|0)$' <<<"$stderr")" 2
		assert_equal "$status:${#lines[@]}" 0:2
		[[ ${lines[0]} =~ ^info:\ 11\ 1\ (0x10|\(nil\))$ ]] || fail "$who: $output" || return
		assert_equal "${lines[1]}" "plain: 11"
	done
	# Its own faults, signals that somebody sends, and its own steps are its own business.
	run "$host" "$kit" handled own
	assert_equal "$status:$output" $'0:info: 11 1 0x10\nplain: 11'
	run "$host" "$kit" handled sent
	assert_equal "$status:${lines[1]}" "0:plain: 11"
	assert_contains "info: 11 -6 0x"
	run "$host" "$kit" stepped
	assert_equal "$status:$output" 0:
}

@test "a handler that crashes names its layer, though the program's own handler was called, and was for once" {
	local end
	for end in kit end; do
		run "$host" "$BATS_FILE_TMPDIR/$end.img" handled-once
		assert_status 139
		assert_equal "${lines[0]}" "info: 11 1 0x10"
		[[ ${lines[1]} =~ ^syslayer:\ the\ layer\ kit\ crashed:\ SIGSEGV ]] || fail "$output" || return
	done
}

@test "only what the start hook selects goes through a handler" {
	run "$host" "$BATS_FILE_TMPDIR/selected.img" selected
	assert_equal "$status:$output" "0:-9 0 0 0"
	SELECT=r run "$host" "$BATS_FILE_TMPDIR/selected.img" selected
	assert_contains "1000 1 0 0"
	SELECT=pv run "$host" "$BATS_FILE_TMPDIR/selected.img" selected
	assert_contains "-9 0 1 1"
}

@test "the end hook is told why" {
	local end=$BATS_FILE_TMPDIR/end.img
	run "$host" "$end" ends exit
	assert_equal "$status:$output" "7:exit 7"
	run "$host" "$end" ends exec
	assert_equal "$status:$output" "0:exec 0"
	run "$host" "$end" ends signal
	assert_equal "$status:$output" "143:signal 15"
	run "$host" "$end" crash
	assert_contains "the layer kit crashed"
}

@test "layers can be made with clang, and with lld" {
	need_tools clang ld.lld
	LAYER_CC=clang layer clang.img "$SRC/tests/layers/kit.c"
	run "$host" ./clang.img handlers
	assert_equal "$status:$output" 0:
	layer lld.img -fuse-ld=lld "$SRC/tests/layers/kit.c"
	run "$host" ./lld.img handlers
	assert_equal "$status:$output" 0:
}

@test "what a layer cannot have stops the link" {
	printf '#include <syslayer/layer.h>\n' >bad.c
	run layer bad.img bad.c
	assert_status 1
	assert_contains "SYSLAYER_LAYER is missing"
	printf '#include <syslayer/layer.h>\nint a = 3;\nint *f(void);\nint *f(void) { return &a; }\nSYSLAYER_LAYER("bad");\n' >bad.c
	run layer bad.img bad.c
	assert_status 1
	assert_contains "no initialised data"
	printf '#include <syslayer/layer.h>\nSYSLAYER_LAYER("bad");\nstatic void f(struct syslayer_call *c) { (void)c; }\nSYSLAYER_HANDLE(read, f);\n' >bad.c
	run layer bad.img bad.c
	assert_status 1
	assert_contains "SYSLAYER_LAYER is not last"
}

@test "a layer without handlers is the native one" {
	printf '#include <syslayer/layer.h>\nSYSLAYER_LAYER("native");\n' >empty.c
	layer empty.img empty.c
	head -c 32768 empty.img >slots
	cmp -s <(tail -c +128 slots) <(tail -c +128 "$BUILD/layers/native.img") || fail "its slots differ"
}

@test "the example of the manual, as it stands there" {
	local line
	example 1 redirect.c
	(($(grep -c . redirect.c) <= 15)) || fail "it has grown"
	printf '#include <stdio.h>\nint main(int c, char **v) { char b[99]; FILE *f = fopen(v[c - 1], "r"); return !f || !fgets(b, 99, f) || fputs(b, stdout) < 0; }\n' >cat.c
	"$CC" -static cat.c -o cat -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so"
	example 2 commands
	while IFS= read -r line; do
		case $line in
			'$ cc '*) assert_contains "redirect.c -o redirect.img" "$line"; layer redirect.img redirect.c ;;
			'$ '*) eval "${line#\$ }" >>out ;;
			*) printf '%s\n' "$line" >>expected ;;
		esac
	done <commands
	rm -f /tmp/hostname
	assert_equal "$(cat out)" "$(cat expected)"
}

# glibc, up to 2.40, unwinds from where its signal finds the thread.
@test "threads are cancelled while a layer makes their calls" {
	local what
	"$CC" -O1 -static -pthread -o cancelled "$SRC/tests/calls/cancelled.c"
	"$BUILD/elfpatch/elfpatch" rewrite -q -o cancelled.rewritten cancelled
	cat >my.c <<-'END'
		#include <syslayer/layer.h>
		static void f(struct syslayer_call *c)
		{
			if (!c->asked && c->number != __NR_exit)
				syslayer_answer(c, syslayer_make(c));
		}
		SYSLAYER_HANDLE_ALL(f);
		SYSLAYER_LAYER("my");
	END
	layer my.img my.c
	for what in storm failing waiting asynchronous disturbed many; do
		SYSLAYER_IMAGE=$PWD/my.img run timeout 300 ./cancelled.rewritten "$what"
		assert_equal "$status:$output" "0:$what: right"
	done
}
