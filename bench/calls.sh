#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a call through a slot costs over a bare instruction, by layer.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-gcc}" -O2 -I"$SRC/include" -o "$work/ticks" "$SRC/bench/ticks.c"
"$work/ticks" "$BUILD/layers/native.img" "$BUILD/layers/count.img"
