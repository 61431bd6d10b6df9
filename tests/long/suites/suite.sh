#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# suite.sh NAME package | prepare | units | known | check UNIT...
#
# A program's own tests, as NAME.bash has them, in a directory of the suite's own. package prints the name of the Debian source
# package that they are in, if it takes one; prepare is called there once; units prints the names of what can be run by itself, a
# line each; check prints of each test in some of them the unit, its name and its result, with tabs between. known prints the
# units whose results are expected to differ. check is what is run under a layer.
set -u
export LC_ALL=C.UTF-8 TZ=UTC
unset MAKEFLAGS MFLAGS MAKELEVEL

package() {
	:
}

prepare() {
	:
}

known() {
	:
}

# check, for suites that have one(), which does it for a single unit.
check() {
	local unit
	for unit; do
		one "$unit"
	done
}

# tap UNIT <TAP: the number is the name, for descriptions may differ from run to run.
tap() {
	awk -v unit="$1" '
		/^(not )?ok [0-9]+/ {
			result = $1 == "not" ? "failed" : "passed"
			if (/# ?(skip|SKIP)/) result = "skipped"
			sub(/^(not )?ok /, "")
			print unit "\t" $1 "\t" result
		}'
}

name=$1
shift
# shellcheck source=/dev/null
. "${BASH_SOURCE[0]%/*}/$name.bash"
"$@"
