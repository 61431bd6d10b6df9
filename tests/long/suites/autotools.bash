# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Suites under Automake's parallel driver; directory() says where the tests have their Makefile.

prepare() {
	[[ -e $(directory)/Makefile ]] || FORCE_UNSAFE_CONFIGURE=1 ./configure -q --disable-nls --disable-dependency-tracking
	make -s -j2 MAKEINFO=true
	make -s -C "$(directory)" check TESTS= MAKEINFO=true
}

units() {
	# shellcheck disable=SC2016 # for make
	make -s -C "$(directory)" --no-print-directory --eval='list-of-tests:; @printf "%s\n" $(TESTS)' list-of-tests | grep -v '^make'
}

check() {
	make -s -C "$(directory)" check TESTS="$*" 2>&1 </dev/null | tee -a /dev/stderr |
		sed -nE 's/^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR): (\S+).*/\2\t\2\t\1/p' | sort
}
