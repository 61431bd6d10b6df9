#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What 50 processes pay for a layer, each: memory that is theirs alone (goal: 24 KiB more than native stubs), and its
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

for layer in '' native count count-time deny inject pin trace; do
	rm -rf ready
	mkdir ready
	pids=
	for i in $(seq 50); do
		SYSLAYER_IMAGE=${layer:+$BUILD/layers/$layer.img} ./layered "ready/$i" &
		pids="$pids $!"
	done
	while [ "$(find ready -type f | wc -l)" -lt 50 ]; do sleep 0.1; done
	# shellcheck disable=SC2086 # a list of numbers
	printf '%-12s private dirty %5.1f KiB, Pss %5.1f KiB\n' "${layer:-own stubs}" \
		"$(total Private_Dirty $pids | awk '{ print $1 / 50 }')" "$(total Pss $pids | awk '{ print $1 / 50 }')"
	# shellcheck disable=SC2086
	kill $pids
	wait
done
