#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The module's suite once more, in kernels with KASAN, PROVE_LOCKING, DEBUG_ATOMIC_SLEEP, kmemleak and fault
# injection, which tests/kmod/debug-kernels.sh builds: an hour for that, and one for the tests, on two processors.

load ../helpers

: "${DEBUG_KERNELS:=$BUILD/debug-kernels}"

@test "kernel module: under KASAN, lockdep, kmemleak, and with allocations that fail" {
	need_tools bats flex bison bc qemu-system-x86_64 cpio busybox
	"$SRC/tests/kmod/debug-kernels.sh" "$DEBUG_KERNELS" >build.log 2>&1 || fail "no kernels" "$(tail -n 5 build.log)"
	KERNELS=$DEBUG_KERNELS GUEST_MEMORY=2048 PATIENCE=20 run bats --tap "$SRC/tests/kmod.bats"
	assert_status 0
}
