#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch on trees: -r and --files0-from.

load helpers
load elfpatch

setup_file() {
	make_kinds
	# What trees have in them: programs, others, links, and names that are none of the easy ones.
	mkdir -p tree/a/b tree/"with space"
	cp static tree/a/one
	cp static-pie tree/a/b/two
	cp pie tree/"with space"/$'new\nline'
	cp library.so tree/-lib.so
	cp static tree/$'latin-\351'
	cp static.rw tree/rewritten
	echo text >tree/text
	: >tree/empty
	echo 'int f(void); int f(void) { return 1; }' | "$CC" -x c -c -o tree/object.o -
	head -c 3000 static >tree/cut
	ln -s a/one tree/link
	ln -s ../../tree tree/a/loop
	ln -s nowhere tree/dangling
	mkfifo tree/fifo
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
	cp -a "$t/tree" tree
}

# count LINE: the number before it in the table that was printed.
count() {
	awk -v line="$1" '{ n = $1; $1 = ""; if (substr($0, 2) == line) { print n; exit } }' <<<"${output-}"
}

@test "trees: every program is rewritten, nothing else is touched, no link followed" {
	find tree -type f ! -name rewritten -print0 | sort -z | xargs -0 sha256sum >sums
	run -0 elfpatch rewrite -ri tree
	assert_equal "$(count files)" 10
	assert_equal "$(count rewritten)" 5
	assert_equal "$(count "rewritten already")" 1
	assert_equal "$(count "not ELF")" 2
	assert_equal "$(count "ELF, but no linked programs for x86-64")" 1
	assert_equal "$(count "ELF, but damaged")" 1
	assert_contains "tree/a/one: "
	local f
	for f in tree/a/one tree/a/b/two tree/"with space"/$'new\nline' tree/-lib.so tree/$'latin-\351'; do
		elfpatch verify -q "$f"
	done
	run sha256sum --quiet -c sums
	assert_equal "$(grep -c FAILED <<<"$output")" 5
	[[ -L tree/link && -L tree/a/loop && -p tree/fifo ]] || fail "links or FIFO are gone"
	cmp tree/a/one tree/rewritten
	cmp tree/rewritten "$t/static.rw"
	assert_no_temporary tree
	# Again: nothing.
	find tree -printf '%p %i %t %c\n' | sort >before
	run -0 elfpatch rewrite -ri tree
	assert_equal "$(count "rewritten already")" 6
	find tree -printf '%p %i %t %c\n' | sort | cmp - before
}

@test "trees: the same output and the same bytes, whatever the number of processes" {
	local n
	cp -a tree first
	(cd first && elfpatch rewrite -v -j1 -ri . >../said)
	for n in 2 7 40; do
		cp -a "$t/tree" again
		(cd again && elfpatch rewrite -v -j "$n" -ri . >../said-again)
		cmp said said-again
		diff -r --no-dereference -x fifo first again
		rm -r again
	done
}

@test "trees: --dry-run, -q and --json" {
	need_tools jq
	run -0 elfpatch rewrite --dry-run -ri tree
	assert_equal "$(count "would be rewritten")" 5
	diff -r --no-dereference -x fifo tree "$t/tree"
	run -0 elfpatch rewrite -q --dry-run -ri tree
	assert_equal "$output" ""
	elfpatch rewrite --json -ri tree >out
	assert_equal "$(jq -c '.summary | [.rewritten, ."rewritten already", ."not ELF", ."other ELF", .damaged, .failed]' \
		out)" "[5,1,2,1,1,0]"
	assert_equal "$(jq '[.files[] | select(.result == "rewritten") | .sites.rewritten] | add' out)" \
		"$(jq .summary.sites.rewritten out)"
	assert_equal "$(jq -r '.files[].file' out | grep -c 'latin-é')" 1
}

@test "trees: --files0-from, of a file and of standard input" {
	find tree -print0 >list
	run -0 elfpatch rewrite -i --files0-from=list
	assert_equal "$(count rewritten)" 5
	# Links and directories are in the list, and passed over.
	[[ -L tree/link ]] || fail "the link is gone"
	run -0 bash -c 'find tree -print0 | elfpatch verify --files0-from=- | wc -l'
	assert_equal "$output" 7 # one name has two lines
	printf 'tree/rewritten\0tree/nowhere\0\0tree/a/one' >list
	run -2 elfpatch verify --files0-from=list
	assert_contains "tree/nowhere: "
	assert_contains "tree/a/one: ok"
	run -2 elfpatch verify --files0-from=nowhere
	run -2 elfpatch verify --files0-from=tree
	assert_contains "directory"
}

@test "trees: usage" {
	local args
	while read -r args; do
		# shellcheck disable=SC2086 # words
		run -2 elfpatch $args
		assert_contains --help
	done <<-END
		rewrite -r -o out tree
		rewrite -r tree
		rewrite -i -r
		rewrite -i --files0-from=list tree/a/one
		rewrite -i -r --files0-from=list
		rewrite -o out --files0-from=list
		rewrite -i -j0 -r tree
		rewrite -i -jx -r tree
		stamp -i -r tree
		inspect -j2 tree
	END
	diff -r --no-dereference -x fifo tree "$t/tree"
}

@test "trees: an operand that is a file has its errors; a link may be one" {
	run -2 elfpatch rewrite -ri tree/a tree/text tree/fifo tree/nowhere
	assert_contains "tree/text: e_ident"
	assert_contains "tree/fifo: not a regular file"
	assert_contains "tree/nowhere: "
	elfpatch verify -q tree/a/one
	cp -a "$t/tree/a/one" tree/a/one
	run -0 elfpatch rewrite -ri tree/link
	elfpatch verify -q tree/a/one
	[[ -L tree/link ]] || fail "the link is gone"
	rm -r tree/a/one tree/a/b
	run -0 elfpatch rewrite -ri tree/a/loop
	elfpatch verify -q tree/-lib.so
}

@test "trees: all names of a file stand for the new one" {
	ln tree/a/one tree/other
	ln tree/a/one tree/a/b/third
	# By two ways to the same name.
	run -0 elfpatch rewrite -v -ri tree tree/a
	assert_contains ": linked to "
	assert_equal "$(stat -c %i tree/a/one tree/other tree/a/b/third | sort -u | wc -l)" 1
	assert_equal "$(stat -c %h tree/other)" 3
	elfpatch verify -q tree/other
	assert_no_temporary tree
}

@test "trees: a name elsewhere: refused, or relinked where asked" {
	ln tree/a/one tree/other
	ln tree/a/one elsewhere
	run -3 elfpatch rewrite -ri tree
	assert_contains "--hardlinks=relink"
	assert_equal "$(count failed)" 1
	cmp tree/other "$t/static"
	elfpatch verify -q tree/-lib.so
	run -0 elfpatch rewrite --hardlinks=relink -ri tree
	cmp elsewhere "$t/static"
	assert_equal "$(stat -c %i tree/a/one)" "$(stat -c %i tree/other)"
	elfpatch verify -q tree/a/one
	assert_equal "$(stat -c %h elsewhere)" 1
}

@test "trees: a process that dies loses its file only" {
	need_tools strace
	# Sanitizers do not look for leaks under strace.
	export ASAN_OPTIONS=detect_leaks=0
	run strace -f -qq -o /dev/null -P "$PWD/tree/a/one" -e trace=openat -e inject=openat:signal=SIGKILL \
		elfpatch rewrite -j2 -ri "$PWD/tree"
	assert_status 2
	assert_contains "tree/a/one: the process that worked on it died of signal 9"
	assert_equal "$(count rewritten)" 4
	assert_equal "$(count failed)" 1
	cmp tree/a/one "$t/static"
	elfpatch verify -q tree/a/b/two
}

@test "trees: errors of some files lose no others" {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
	need_tools chattr
	chattr +i tree/a/one 2>/dev/null || skip "no such attribute here"
	run -2 elfpatch rewrite -ri tree
	chattr -i tree/a/one
	assert_contains "elfpatch: tree/a/one: "
	assert_equal "$(count rewritten)" 4
	assert_equal "$(count failed)" 1
	cmp tree/a/one "$t/static"
	assert_no_temporary tree
}

@test "trees: mode, owner, attributes and holes are kept" {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
	need_tools setfattr getfattr setfacl getfacl setcap getcap
	chown 1234:4321 tree/a/one
	chmod 6751 tree/a/one
	setfattr -n user.note -v kept tree/a/one 2>/dev/null || skip "no user attributes here"
	setfacl -m u:77:r-x tree/a/one
	setcap cap_net_raw+ep tree/a/one
	truncate -s 64M tree/a/b/two
	local before after blocks
	before=$(stat -c '%a %u %g' tree/a/one; getfattr -d tree/a/one; getfacl -p tree/a/one; getcap tree/a/one)
	blocks=$(stat -c %b tree/a/b/two)
	elfpatch rewrite -q -ri tree
	after=$(stat -c '%a %u %g' tree/a/one; getfattr -d tree/a/one; getfacl -p tree/a/one; getcap tree/a/one)
	assert_equal "$after" "$before"
	[[ $(stat -c %b tree/a/b/two) -lt $((blocks + 1000)) ]] || fail "the holes are filled"
	elfpatch verify -q tree/a/one tree/a/b/two
}

@test "trees: killed at any moment: old files or new ones, nothing else" {
	cp -a tree new
	elfpatch rewrite -q -ri new
	local i f
	for i in {1..30}; do
		rm -rf tree
		cp -a "$t/tree" tree
		elfpatch rewrite -qri tree &
		local pid=$!
		sleep "0.00$((i % 10))"
		kill -"$([[ $((i % 2)) -eq 0 ]] && echo KILL || echo TERM)" "$pid" 2>/dev/null || true
		wait "$pid" || true
		while IFS= read -rd '' f; do
			cmp -s "$f" "$t/$f" || cmp -s "$f" "new/${f#tree/}" || fail "$f: neither old nor new"
		done < <(find tree -type f ! -name '.elfpatch*' -print0)
	done
}

@test "trees: progress is for terminals" {
	need_tools script
	run -0 script -qec "elfpatch rewrite --dry-run -ri tree 2>&1 >/dev/null" /dev/null
	[[ $output == *$'\r'*" of "*" files, "* ]] || fail "no progress: $output"
	run -0 script -qec "elfpatch rewrite -q --dry-run -ri tree" /dev/null
	assert_equal "$output" ""
	run -0 --separate-stderr elfpatch rewrite --dry-run -ri tree
	assert_equal "${stderr-}" ""
}
