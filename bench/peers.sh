#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a call costs through the slot, and through all that Debian and the kernel have instead; a Markdown table, of
# which bench/plot.py makes bench/peers.svg. Goals: a native stub 3 ns or 2 % over the instruction, one that answers
# 2 ns over a function, count 1 ns over the native stub.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$SRC/bench/peers
cc="${CC:-gcc} -O2 -Wall -Wextra -I$here"
parts="$here/peer.c $here/dispatch.c $here/seccomp.c $here/ptrace.c"
# shellcheck disable=SC2086 # words
{
	$cc -static -o "$work/peer" $parts
	$cc -o "$work/peer-dynamic" $parts
	$cc -shared -fPIC -o "$work/preload.so" "$here/preload.c" "$here/dispatch.c"
	$cc -shared -fPIC -DANSWERS -o "$work/preload-answers.so" "$here/preload.c"
	$cc -o "$work/peers" "$here/peers.c"
	${CC:-gcc} -I"$SRC/include" -Wa,-I"$SRC/include" -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack \
		-Wl,--no-dynamic-linker -Wl,-pie -Wl,--oformat=binary -Wl,-T,"$BUILD/layers/layer.lds" \
		-o "$work/answer.img" "$here/answer.S"
}
cp "$BUILD/layers/count.img" "$work"
"$BUILD/elfpatch/elfpatch" rewrite -q -o "$work/peer.rewritten" "$work/peer"
cd "$work"
SYSLAYER_OUTPUT=/dev/null ./peers "${ROUNDS:-1000}"
