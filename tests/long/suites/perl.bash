# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Perl's own tests, of one built with Debian's sources.

package() {
	echo perl
}

prepare() {
	[[ -e perl ]] || { ./Configure -des -Dprefix=/nowhere -Dusethreads >/dev/null && make -s -j2; } && make -s test_prep
}

units() {
	(cd t && printf '%s\n' base/*.t cmd/*.t comp/*.t io/*.t op/*.t re/*.t run/*.t uni/*.t mro/*.t ../lib/*.t)
}

one() {
	(cd t && ./perl TEST -v "$1" 2>&1) | tee -a /dev/stderr | tap "$1"
}
