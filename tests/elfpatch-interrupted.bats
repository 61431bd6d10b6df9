#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch in place, killed or given an error at each of its system calls in turn: what others see of a file only
# changes there. The file is the old one or the new one, and what the exit status says.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	"$CC" -O2 -static -o plain "$SRC/tests/elfpatch/hello.c"
	PATH=$BUILD/elfpatch:$PATH
	elfpatch rewrite -q -o rewritten plain
	elfpatch stamp -q -o stamped rewritten
}

# calls_of VERB FILE: each call that the verb makes, and how many of that name came before it, from 1; of long rows of one
# name only both ends.
calls_of() {
	cp "$2" file
	strace -o log elfpatch "$1" -q -i file
	awk -F'[(]' '/^[a-z]/ { n[$1]++; call[++all] = $1 " " n[$1]; name[all] = $1 }
		END { for (i = 1; i <= all; i++) {
			split(call[i], c, " ")
			if (c[1] != "exit_group" && (c[2] <= 3 || c[2] > n[c[1]] - 3)) print call[i]
		} }' log
}

# each_call VERB OLD NEW WHAT: WHAT, of strace's inject, at each call.
each_call() {
	local verb=$1 old=$2 new=$3 what=$4 name when ended tried=0 was_old=0
	calls_of "$verb" "$old" >calls
	cmp file "$new"
	while read -r name when; do
		cp "$old" file
		chmod 751 file
		ended=0
		strace -o /dev/null -e "inject=$name:$what:when=$when" elfpatch "$verb" -q -i file \
			>said 2>&1 || ended=$?
		tried=$((tried + 1))
		assert_equal "$(stat -c %a file)" 751
		if cmp -s file "$old"; then
			was_old=$((was_old + 1))
			((ended)) || fail "$verb: $what at $name, $when: nothing done, nothing said"
		else
			cmp file "$new" || fail "$verb: $what at $name, $when: neither old nor new: $(<said)"
			# Not all that fails matters; but then nothing is said.
			[[ $what == signal=* || $ended -eq 0 ]] ||
				fail "$verb: $what at $name, $when: done, but exit status $ended: $(<said)"
		fi
		[[ $what == signal=* || -z $(find . -name '.elfpatch*') ]] ||
			fail "$verb: $what at $name, $when: a temporary file is left"
		find . -name '.elfpatch*' -delete
	done <calls
	((tried > 40 && was_old > 20 && was_old < tried)) || fail "$tried calls, $was_old times the old file"
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

@test "killed at each call: rewrite" {
	each_call rewrite "$t/plain" "$t/rewritten" signal=KILL
}

@test "killed at each call: stamp and unstamp" {
	each_call stamp "$t/rewritten" "$t/stamped" signal=KILL
	each_call unstamp "$t/stamped" "$t/rewritten" signal=KILL
}

@test "an error of each call: full disk" {
	each_call rewrite "$t/plain" "$t/rewritten" error=ENOSPC
	each_call unstamp "$t/stamped" "$t/rewritten" error=ENOSPC
}

@test "an error of each call: not supported here" {
	each_call rewrite "$t/plain" "$t/rewritten" error=EOPNOTSUPP
}

@test "fifty at once" {
	cp "$t/plain" file
	for _ in $(seq 50); do
		elfpatch rewrite -q -i file &
	done
	wait
	cmp file "$t/rewritten"
	assert_equal "$(find . -name '.elfpatch*')" ""
}
