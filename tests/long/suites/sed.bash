# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# GNU sed's own tests, of those built with Debian's sources.
# shellcheck source=tests/long/suites/autotools.bash
. "${BASH_SOURCE[0]%/*}/autotools.bash"

package() {
	echo sed
}

# The Makefile of the tests is there.
directory() {
	echo .
}

# Valgrind reports what is no error in files that are rewritten (elfpatch(1), CAVEATS), so these are skipped.
known() {
	printf 'testsuite/%s\n' bug32082.sh bug32271-2.sh newline-dfa-bug.sh
}
