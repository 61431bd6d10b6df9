#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What elfpatch run adds to a start from the cache, goal: 1 ms; and to each further exec, goal: 50 microseconds.
set -eu
: "${BUILD:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
elfpatch=$BUILD/elfpatch/elfpatch
rounds=${ROUNDS:-1000}
"$elfpatch" run --layer-dir="$BUILD/layers" -- /bin/true
"$elfpatch" run --layer-dir="$BUILD/layers" -- /bin/sh -c true
printf 'start of /bin/true: '
"$BUILD/bench/pair" -n "$rounds" -c 1 /bin/true -- "$elfpatch" run --layer-dir="$BUILD/layers" -- /bin/true
for layer in native count; do
	printf 'start of /bin/true, %s: ' $layer
	SYSLAYER_OUTPUT=/dev/null "$BUILD/bench/pair" -n "$rounds" -c 1 /bin/true -- \
		"$elfpatch" run --layer-dir="$BUILD/layers" --layer="$BUILD/layers/$layer.img" -- /bin/true
done
# Of the first of them is the start, and the first question; a further exec costs what the two differ by, over 200.
for times in 300 100; do
	many="i=0; while [ \$i -lt $times ]; do /bin/true; i=\$((i + 1)); done"
	printf 'a shell that starts %s times /bin/true: ' $times
	"$BUILD/bench/pair" -n "$((rounds / 50 + 1))" -c 1 sh -c "$many" -- "$elfpatch" run --layer-dir="$BUILD/layers" -- sh -c "$many"
done
printf 'the same, with strace -f --seccomp-bpf: '
"$BUILD/bench/pair" -n "$((rounds / 50 + 1))" -c 1 sh -c "$many" -- \
	strace -f --seccomp-bpf -e trace=execve -o /dev/null sh -c "$many"
# Of a library that is nowhere in place: one without calls, one that is rewritten.
echo 'long one(void); long one(void) { return 1; }' >"$work/nothing.c"
echo 'long one(void); long one(void) { long r; __asm__ volatile("syscall" : "=a"(r) : "a"(39) : "rcx", "r11"); return r; }' >"$work/call.c"
cc -O1 -o "$work/load" "${SRC:?}/bench/load.c"
for library in nothing call; do
	cc -shared -fPIC -O1 -o "$work/$library.so" "$work/$library.c"
	"$elfpatch" run --layer-dir="$BUILD/layers" -- "$work/load" "$work/$library.so" >/dev/null
	printf 'dlopen, %s: directly %s, ' "$library" "$("$work/load" "$work/$library.so")"
	printf 'run %s\n' "$("$elfpatch" run --layer-dir="$BUILD/layers" -- "$work/load" "$work/$library.so")"
done
