# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bats
# Common to all suites: `load helpers` at the top. A suite with a setup of its own calls common_setup in it.

bats_require_minimum_version 1.5.0

# Makefile exports both; by hand, `bats tests/x.bats` finds them itself.
: "${SRC:=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)}"
: "${BUILD:=$SRC/build}"
: "${CC:=cc}" "${OBJCOPY:=objcopy}" "${SHELLCHECK:=shellcheck}" "${MANDOC:=mandoc}"
: "${CLANG_FORMAT:=clang-format-14}"
export SRC BUILD CC OBJCOPY SHELLCHECK MANDOC CLANG_FORMAT
export LC_ALL=C
# A make that a test starts is no part of the one that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR

common_setup() {
	[[ -f $SRC/include/syslayer/abi.h ]] || fail "SRC=$SRC: not the source tree"
	[[ -f $BUILD/config.status ]] || fail "BUILD=$BUILD: not a configured build (run ./bootstrap)"
	PATH=$BUILD/elfpatch:$PATH
	cd "$BATS_TEST_TMPDIR" || fail "$BATS_TEST_TMPDIR: no such directory"
}

setup() {
	common_setup
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# assert_equal ACTUAL EXPECTED
assert_equal() {
	[[ $1 == "$2" ]] || fail "expected: $2" "actual:   $1"
}

# assert_contains NEEDLE [TEXT]; TEXT is $output of the last `run` otherwise.
assert_contains() {
	local text=${2-${output-}}
	[[ $text == *"$1"* ]] || fail "expected to find: $1" "in:" "$text"
}

# refute_contains NEEDLE [TEXT]
refute_contains() {
	local text=${2-${output-}}
	[[ $text != *"$1"* ]] || fail "expected not to find: $1" "in:" "$text"
}

# assert_status NUMBER: of the last `run`.
assert_status() {
	[[ ${status-} -eq $1 ]] || fail "expected status: $1" "actual status:   ${status-}" "output:" "${output-}"
}

# need_files FILE...: what the build or the test itself should have made; a missing one is a failure.
need_files() {
	local f
	for f; do
		[[ -e $f ]] || fail "$f: not there" || return
	done
}

# need_tools TOOL...: skips where a tool is not installed; for tools that not every machine has.
need_tools() {
	local t
	for t; do
		command -v "$t" >/dev/null || skip "$t is not installed"
	done
}
