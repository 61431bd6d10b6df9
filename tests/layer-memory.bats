#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a process pays for a layer.

load helpers

@test "a layer makes 24 KiB of memory private, at most" {
	local layer pid own
	"$CC" -O1 -static -o plain "$SRC/bench/memory.c"
	elfpatch rewrite -q -o layered plain
	echo 'default allow' >policy
	export SYSLAYER_POLICY=$PWD/policy SYSLAYER_INJECT=getuid:error=EPERM SYSLAYER_OUTPUT=$PWD/output
	for layer in native count count-time deny inject pin trace; do
		rm -f ready
		SYSLAYER_IMAGE=$BUILD/layers/$layer.img ./layered ready 3>&- &
		pid=$!
		until [[ -e ready ]] || ! kill -0 $pid; do sleep 0.05; done
		[[ $layer != native ]] || own=$(private $pid)
		(($(private $pid) - own <= 24)) || fail "$layer: $(private $pid), $own KiB" || return
		kill $pid
		wait $pid || true
	done
}

# private PID: KiB; not of the file, which has just been written.
private() {
	awk '$1 == "Anonymous:" { print $2 }' "/proc/$1/smaps_rollup"
}
