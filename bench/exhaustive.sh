#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What elfpatch run --exhaustive costs: a call of the C library, and one that is caught, in nanoseconds.
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME="$work/cache"
cc -O2 -o exhaustive "$SRC/bench/exhaustive.c"
cc -shared -o raw.so "$SRC/tests/exhaustive/raw.S"
run() {
	"$BUILD/elfpatch/elfpatch" run --layer-dir="$BUILD/layers" "$@" -- ./exhaustive ./raw.so
}
# The files of the program are in the cache then.
run >/dev/null
echo 'ns                               libc  outside'
for round in 1 2 3; do
	echo "# $round"
	printf 'without a layer              '
	./exhaustive ./raw.so
	printf 'native                       '
	run --layer=native
	printf 'native, exhaustive           '
	run --layer=native --exhaustive
	printf 'count, exhaustive            '
	run --layer=count --exhaustive -o /dev/null
done
