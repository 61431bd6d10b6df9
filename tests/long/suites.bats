#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Programs' own tests under elfpatch run, test by test with the results that they have without. Needs Debian's sources of
# them, hours, and 5 GB; they are built in the build, once. The table is left there, too.

load ../helpers
load ../run

setup_file() {
	run_setup_file
	rm -f "$BUILD/SUITES.md"
}

setup() {
	run_setup
}

alike() {
	run --separate-stderr python3 "$SRC/tests/long/suites.py" --table="$BUILD/SUITES.md" "$BUILD/tests/suites" "$@"
	# shellcheck disable=SC2154 # stderr is of run
	((status == 0)) || fail "$output" "$stderr"
}

@test "suites: python" {
	alike python
}

@test "suites: perl" {
	alike perl
}

@test "suites: git" {
	alike --layers=native,trace git
}

@test "suites: redis" {
	alike redis
}

@test "suites: sqlite" {
	alike sqlite
}

@test "suites: bash" {
	alike bash
}

@test "suites: busybox" {
	alike busybox
}

@test "suites: make" {
	alike make
}

@test "suites: coreutils" {
	alike coreutils
}

@test "suites: sed" {
	alike sed
}

@test "suites: grep" {
	alike grep
}
