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
