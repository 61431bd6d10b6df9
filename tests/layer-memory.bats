#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a process pays for a layer.

load helpers

# private PID: KiB; not of the file, which has just been written.
private() {
	awk '$1 == "Anonymous:" { print $2 }' "/proc/$1/smaps_rollup"
}

# under LAYER: what a program pays, KiB; the least of some starts, as its stack begins anywhere in a page.
under() {
	local pid now least
	for _ in {1..8}; do
		rm -f ready
		SYSLAYER_IMAGE=$BUILD/layers/$1.img ./layered ready 3>&- >&2 &
		pid=$!
		until [[ -e ready ]] || ! kill -0 $pid; do sleep 0.05; done
		now=$(private $pid)
		kill $pid
		wait $pid || true
		((now < ${least:-1000000})) && least=$now
	done
	echo "$least"
}

@test "a layer makes 24 KiB of memory private, at most" {
	local layer own pays
	"$CC" -O1 -static -o plain "$SRC/bench/memory.c"
	elfpatch rewrite -q -o layered plain
	echo 'default allow' >policy
	export SYSLAYER_POLICY=$PWD/policy SYSLAYER_INJECT=getuid:error=EPERM SYSLAYER_OUTPUT=$PWD/output
	own=$(under native)
	for layer in count count-time deny inject pin trace; do
		pays=$(under "$layer")
		((pays - own <= 24)) || fail "$layer: $pays, $own KiB" || return
	done
}
