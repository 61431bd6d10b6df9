# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Redis's own tests, of the installed one.

package() {
	echo redis
}

prepare() {
	local program
	for program in server cli benchmark check-aof check-rdb; do
		ln -sf "$(command -v redis-$program)" src/redis-$program
	done
}

units() {
	sed -n '/^set ::all_tests {/,/^}/p' tests/test_helper.tcl | grep / | tr -d ' '
}

one() {
	tclsh tests/test_helper.tcl --single "$1" --clients 1 </dev/null 2>&1 | tee -a /dev/stderr |
		sed -E 's/\x1b\[[0-9;]*m//g' |
		sed -nE "s#^\\[(ok|err|exception|timeout|ignore)\\]: (.*)#$1\\t\\2\\t\\1#p" | sed -E 's/ \([0-9]+ ms\)//; s/ in tests.*//'
}
