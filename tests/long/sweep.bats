#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Every ELF file of the system, and of what tests/long/fetch-packages.sh has unpacked in $SWEEP, if that is set:
# rewritten, verified, restored, and looked up in an independent disassembly. The table is left in the build.

load ../helpers

@test "sweep: every file with sites" {
	need_tools python3 objdump readelf
	run python3 "$SRC/tests/long/sweep.py" --table "$BUILD/SWEEP.md" /usr ${SWEEP:+"$SWEEP"}
	assert_status 0
}
