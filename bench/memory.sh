#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What 50 processes pay for a layer, each: memory that is theirs alone (goal: 24 KiB more than without), and its
# share of all that it uses, where each page counts by the number of those who have it (Pss).
set -eu
: "${BUILD:?}" "${SRC:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
${CC:-gcc} -O1 -static -o plain "$SRC/bench/memory.c"
"$BUILD/elfpatch/elfpatch" rewrite -q -o layered plain
echo 'default allow' >policy
export SYSLAYER_POLICY="$work/policy" SYSLAYER_INJECT=getuid:error=EPERM SYSLAYER_OUTPUT="$work/output"

# total FIELD PID...: of all of them, in KiB.
total() {
	field=$1
	shift
	for pid; do
		cat "/proc/$pid/smaps_rollup"
	done | awk -v field="$field:" '$1 == field { n += $2 } END { print n }'
}

# processes LAYER COMMAND...: of 50, each; or of those without one.
processes() {
	layer=$1
	shift
	rm -rf ready
	mkdir ready
	pids=
	for i in $(seq 50); do
		SYSLAYER_IMAGE=${layer:+$BUILD/layers/$layer.img} "$@" "ready/$i" &
		pids="$pids $!"
	done
	while [ "$(find ready -type f | wc -l)" -lt 50 ]; do sleep 0.1; done
	# shellcheck disable=SC2086 # a list of numbers
	printf 'private dirty %5.1f KiB, Pss %5.1f KiB\n' \
		"$(total Private_Dirty $pids | awk '{ print $1 / 50 }')" "$(total Pss $pids | awk '{ print $1 / 50 }')"
	# shellcheck disable=SC2086
	kill $pids
	wait
}

echo 'a static program, rewritten:'
for layer in '' native count count-time deny inject pin trace; do
	printf '  %-12s ' "${layer:-own stubs}"
	processes "$layer" ./layered
done

# The dynamic linker and the C library have a section each; each library has one, the forwards of which count.
echo 'a dynamic program, under elfpatch run:'
export XDG_CACHE_HOME="$work/cache"
${CC:-gcc} -O1 -o dynamic "$SRC/bench/memory.c"
"$BUILD/elfpatch/elfpatch" run -- ./dynamic ready/0 & # fills the cache
sleep 2
kill $!
wait || :
printf '  %-12s ' directly
processes '' ./dynamic
printf '  %-12s ' 'own stubs'
processes '' "$BUILD/elfpatch/elfpatch" run -- ./dynamic
for layer in native count count-time deny inject pin trace; do
	printf '  %-12s ' "$layer"
	processes '' "$BUILD/elfpatch/elfpatch" run --layer="$BUILD/layers/$layer.img" -- ./dynamic
done
