# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Bash's own tests. Each compares what a script prints with what it should: the result is what differs.

package() {
	echo bash
}

prepare() {
	./configure -q && make -s recho zecho printenv xcase
}

units() {
	(cd tests && printf '%s\n' run-* | grep -vE '^run-(all|minimal|gprof)$')
}

one() {
	(
		cd tests || exit
		export THIS_SH=/bin/bash BUILD_DIR=$PWD/.. PATH=$PWD/..:.:$PATH BASH_TSTOUT TMPDIR
		unset BASH_ENV
		TMPDIR=$(mktemp -d)
		BASH_TSTOUT=$TMPDIR/bashtst
		sh "$1" >"$TMPDIR/differences" 2>&1
		tee -a /dev/stderr <"$TMPDIR/differences" | grep -E '^[<>]' | sed -E 's/[0-9]+/N/g; s|/[^ ]*/|/|g' | cksum |
			sed "s/^/$1\\tscript\\t/"
		rm -rf "$TMPDIR"
	)
}
