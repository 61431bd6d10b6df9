#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a process pays for a layer (bench/memory.sh).

load helpers

# private PID: KiB; not of the file, which has just been written.
private() {
	awk '$1 == "Anonymous:" { print $2 }' "/proc/$1/smaps_rollup"
}

# of COMMAND...: what it pays, KiB; the least of some starts, as its stack begins anywhere in a page.
of() {
	local pid now least
	for _ in {1..8}; do
		rm -f ready
		"$@" ready 3>&- >&2 &
		pid=$!
		until [[ -e ready ]] || ! kill -0 $pid; do sleep 0.05; done
		now=$(private $pid)
		kill $pid
		wait $pid || true
		((now < ${least:-1000000})) && least=$now
	done
	echo "$least"
}

setup() {
	common_setup
	echo 'default allow' >policy
	export SYSLAYER_POLICY=$PWD/policy SYSLAYER_INJECT=getuid:error=EPERM SYSLAYER_OUTPUT=$PWD/output
}

@test "a static program: a layer makes 16 KiB of memory private, at most" {
	local layer own pays
	"$CC" -O1 -static -o plain "$SRC/bench/memory.c"
	elfpatch rewrite -q -o layered plain
	own=$(of env SYSLAYER_IMAGE="$BUILD/layers/native.img" ./layered)
	for layer in count count-time deny inject pin trace; do
		pays=$(of env SYSLAYER_IMAGE="$BUILD/layers/$layer.img" ./layered)
		((pays - own <= 16)) || fail "$layer: $pays, $own KiB" || return
	done
}

@test "a dynamic program pays 24 KiB, at most, for the layer and to be rewritten" {
	local layer own pays
	"$CC" -O1 -o dynamic "$SRC/bench/memory.c"
	export XDG_CACHE_HOME=$PWD/cache
	own=$(of ./dynamic)
	for layer in count count-time deny inject pin trace; do
		pays=$(of elfpatch run --layer="$BUILD/layers/$layer.img" -- ./dynamic)
		((pays - own <= 24)) || fail "$layer: $pays, $own KiB" || return
	done
}
