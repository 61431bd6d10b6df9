# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The GNU core utilities' own tests, of those built with Debian's sources.
# shellcheck source=tests/long/suites/autotools.bash
. "${BASH_SOURCE[0]%/*}/autotools.bash"

package() {
	echo coreutils
}

# The Makefile of the tests is there.
directory() {
	echo .
}

# Valgrind, as for sed, and gdb, which warns of sections that a separate debug file of the original has not: tests that want no
# word of theirs are skipped. And the output of trace is one of the few descriptors that `ulimit -n` leaves to sort in two tests.
known() {
	printf 'tests/%s\n' {cp/copy-FMR,misc/sort-u-FMR,tail-2/inotify-race,tail-2/inotify-race2,misc/sort-continue,misc/sort-merge-fdlimit}{,.sh}
}
