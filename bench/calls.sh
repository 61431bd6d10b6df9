#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a call through a slot costs over a bare instruction, by layer.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-gcc}" -O2 -I"$SRC/include" -o "$work/ticks" "$SRC/bench/ticks.c"
# Without the start hooks of deny and the like: what they do not look at.
SYSLAYER_OUTPUT=/dev/null "$work/ticks" "$BUILD/layers/native.img" "+$BUILD/layers/count.img" "$BUILD/layers/deny.img" \
	"$BUILD/layers/inject.img" "$BUILD/layers/pin.img"

# What they do look at, in a program that runs under each: nanoseconds of a call.
"${CC:-gcc}" -O2 -static -o "$work/loop" "$SRC/bench/loop.c"
"$BUILD/elfpatch/elfpatch" rewrite -q -i "$work/loop"
printf 'errno EPERM getppid,openat if a5 == 12345\n' >"$work/policy"
for layer in native count deny inject pin trace; do
	printf '%s: ' "$layer"
	SYSLAYER_IMAGE=$BUILD/layers/$layer.img SYSLAYER_OUTPUT=$work/out SYSLAYER_POLICY=$work/policy \
		SYSLAYER_INJECT=getppid:error=EIO:when=1000000000 "$work/loop" | tr '\n' ' '
	echo
	rm -f "$work/out"
done
