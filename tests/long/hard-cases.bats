#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The fix of each hard case is taken out in a copy of the sources, and its test must fail then. The table is left in
# the build; the one in the tree is tests/HARD-CASES.md.

load ../helpers

@test "hard cases: each has a test that fails without its fix" {
	need_tools python3 go
	run python3 "$SRC/tests/long/hard-cases.py" --table "$BUILD/HARD-CASES.md"
	assert_status 0
	run -0 diff "$SRC/tests/HARD-CASES.md" "$BUILD/HARD-CASES.md"
}
