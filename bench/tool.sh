#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch rewrite beside cp of the same file, its memory, and trees. Goals: a large file without sites 1.3 times
# cp, with sites 2 times; 32 MiB of resident memory; libc.so.6 in 30 ms, growing by 6 %; trees at 1 GB/s, warm,
# with two cores. FILES: others to look at, such as chromium.
set -eu
: "${BUILD:?}"
elfpatch=$BUILD/elfpatch/elfpatch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

paired() { # FILE ROUNDS
	cat "$1" >/dev/null
	# Both to a file that is not there: to take the place of one costs more than to write it.
	# shellcheck disable=SC2016 # their own variables
	"$BUILD/bench/pair" -n "$2" sh -c 'rm -f "$1"; cp "$2" "$1"' sh "$work/copy" "$1" -- \
		sh -c 'rm -f "$1"; "$3" rewrite -q -o "$1" "$2"' sh "$work/rewritten" "$1" "$elfpatch"
	printf '  resident memory: '
	"$BUILD/bench/resident" "$elfpatch" rewrite -q -o "$work/rewritten" "$1"
	printf '  %s MB, grown by %s %%\n' "$(($(stat -Lc %s "$1") / 1000000))" \
		"$(echo "$(stat -Lc %s "$1") $(stat -c %s "$work/rewritten")" | awk '{ printf "%.2f", 100 * ($2 / $1 - 1) }')"
}

libc=$(ldconfig -p | sed -n 's/.*libc\.so\.6 (libc6,x86-64.*=> //p' | head -n 1)
printf 'libc.so.6: '
paired "$libc" "${ROUNDS:-60}"
# shellcheck disable=SC2086
for file in $(find /usr/lib/x86_64-linux-gnu -name 'libLLVM*.so*' -type f | sort | head -n 1) /usr/bin/node ${FILES:-}; do
	[ -f "$file" ] || continue
	printf '%s: ' "${file##*/}"
	paired "$file" "${LARGE_ROUNDS:-11}"
done

tree=${TREE:-/usr}
bytes=$(find "$tree" -xdev -type f -links 1 -printf '%s\n' | awk '{ n += $1 } END { print n }')
# Once to have it warm, as far as memory goes.
"$elfpatch" rewrite --dry-run --hardlinks=relink -qri "$tree" || true
for round in 1 2 3; do
	from=$(date +%s%N)
	"$elfpatch" rewrite --dry-run --hardlinks=relink -qri "$tree" || true
	to=$(date +%s%N)
	echo "$tree, round $round: $bytes $((to - from))" |
		awk '{ printf "%s %s %s %.1f GB in %.2f s: %.2f GB/s\n", $1, $2, $3, $4 / 1e9, $5 / 1e9, $4 / $5 }'
done
