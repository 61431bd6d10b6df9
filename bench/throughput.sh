#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What whole programs pay for each of their operations, under native stubs (goal: 0.98 of the throughput without) and
# under what others have.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for library in preload dispatch; do
	"${CC:-gcc}" -O2 -shared -fPIC -o "$work/$library.so" "$SRC/bench/throughput/$library.c" -ldl
done
python3 "$SRC/bench/throughput/measure.py" "$work" "${ROUNDS:-15}"
