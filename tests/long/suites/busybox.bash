# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# BusyBox's own tests, of the installed one, which is static.

package() {
	echo busybox
}

prepare() {
	ln -sf "$(command -v busybox)" busybox
	cp debian/config/pkg/static .config
}

units() {
	(
		cd testsuite || exit
		find . -maxdepth 1 -type d ! -name . -printf '%f\n'
		printf '%s\n' *.tests | sed 's/\.tests$//'
	) | sort -u
}

one() {
	(cd testsuite && ./runtest "$1" 2>&1 | sed -nE "s/^(PASS|FAIL|SKIPPED|UNTESTED): (.*)/$1\\t\\2\\t\\1/p")
}
