# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# GNU make's own tests.

package() {
	echo make-dfsg
}

prepare() {
	sed -e 's/@AR@/ar/; s/@CC@/gcc/; s/@CPP@/gcc -E/; s/@USE_SYSTEM_GLOB@/yes/; s/@[A-Z_]*@//' tests/config-flags.pm.in >tests/config-flags.pm
}

units() {
	(cd tests/scripts && printf '%s\n' */*)
}

one() {
	(
		cd tests || exit
		perl run_make_tests.pl -make /usr/bin/make "$1" 2>&1 | tee -a /dev/stderr |
			sed -nE "s/^(\\S+ \\.+ +)?((ok|FAILED) +\\(.*)/$(sed 's/[/]/\\&/g' <<<"$1")\\tscript\\t\\2/p"
	)
}
