# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Git's own tests, of the installed one.

package() {
	echo git
}

prepare() {
	make -s -j2 NO_CURL=1 NO_GETTEXT=1 NO_TCLTK=1 NO_EXPAT=1 all
}

units() {
	(cd t && printf '%s\n' t[0-9][0-9][0-9][0-9]-*.sh | sed 's/\.sh$//' | grep -E "${UNITS:-.}")
}

one() {
	(cd t && GIT_TEST_INSTALLED=/usr/bin GIT_TEST_CHAIN_LINT=0 sh "$1.sh" 2>&1) | tee -a /dev/stderr | tap "$1"
}
