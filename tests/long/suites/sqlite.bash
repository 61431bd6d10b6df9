# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# SQLite's own tests, those that its veryquick.test takes.

package() {
	echo sqlite3
}

prepare() {
	[[ -e testfixture ]] || { ./configure -q --with-tcl=/usr/lib/tcl8.6 && make -s -j2 testfixture sqlite3; }
}

units() {
	(cd test && printf '%s\n' *.test) | sed 's/\.test$//' |
		grep -vE 'malloc|ioerr|fault|bigfile|_err|big|corrupt|crash|thread1|speed|soak|^(all|quick|veryquick|permutations|fuzz.*|memleak|rowhash|valgrind|extraquick|full|mutex2|incrvacuum_ioerr|async.*|loadext|releasetest.*|savepoint6|tt3.*|walslow|sort4|rtree.*)$'
}

one() {
	local home
	home=$(mktemp -d)
	(cd "$home" && timeout 300 "$OLDPWD/testfixture" "$OLDPWD/test/$1.test" </dev/null 2>&1) | tee -a /dev/stderr |
		sed -nE "s/^(\\S+)\\.\\.\\. (Ok|.*)\$/$1\\t\\1\\t\\2/p; s/^! (\\S+) .*/$1\\t\\1\\tfailed/p"
	rm -rf "$home"
}
