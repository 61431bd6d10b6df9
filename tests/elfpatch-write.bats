#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# How elfpatch writes: names, links, metadata, errors, and nothing left behind.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
	cp "$t/static.rw" file
}

teardown() {
	! mountpoint -q "$BATS_TEST_TMPDIR/small" || umount "$BATS_TEST_TMPDIR/small"
}

@test "write: -o leaves the input, makes or replaces the output" {
	elfpatch stamp -o out file
	cmp file "$t/static.rw"
	assert_runs ./out
	cp out first
	echo old >out
	elfpatch stamp --output=out file
	cmp out first
	mkdir sub
	elfpatch stamp -o sub/out file
	cmp sub/out first
	run -2 elfpatch stamp -o nowhere/out file
	run -2 elfpatch stamp -o sub file
	run -2 elfpatch stamp -o /dev/null file
	[[ -c /dev/null ]] || fail "/dev/null is gone"
	assert_no_temporary
}

@test "write: the output may not be the input, by no name" {
	ln -s file link
	ln file hard
	local out
	for out in file ./file link hard; do
		run -2 elfpatch stamp -o "$out" file
		assert_contains "--in-place"
	done
	cmp file "$t/static.rw"
	[[ -L link ]] || fail "the link is gone"
}

@test "write: a symbolic link stays, and its target is edited" {
	mkdir dir
	mv file dir/target
	ln -s dir/target link
	elfpatch stamp -i link
	[[ -L link ]] || fail "the link is gone"
	run -0 elfpatch inspect dir/target
	assert_contains "stamped with native"
}

@test "write: hard links are refused, or relinked" {
	ln file other
	run -3 elfpatch stamp -i file
	assert_error file
	assert_contains "--hardlinks=relink"
	run -3 elfpatch stamp --hardlinks=refuse -i file
	cmp file "$t/static.rw"
	elfpatch stamp --hardlinks=relink -i file
	cmp other "$t/static.rw"
	run -0 elfpatch inspect file
	assert_contains "stamped with native"
	# What changes nothing needs no permission.
	ln file third
	elfpatch stamp -i third
}

@test "write: --dry-run writes nothing; several files, and the worst status" {
	cp file b
	run -0 elfpatch stamp --dry-run -i file
	assert_equal "$output" "file: would be stamped"
	cmp file b
	run -2 elfpatch stamp -i file nowhere "$SRC/LICENSE" b
	assert_equal "${#lines[@]}" 2
	cmp file b
	run -0 elfpatch inspect file b
	assert_equal "$(grep -c 'stamped with native' <<<"$output")" 2
	cp "$t/static" plain
	run -3 elfpatch unstamp -v -i plain file
	assert_contains "file: unstamped"
}

@test "write: mode, owner, attributes, ACL and capabilities are kept" {
	need_root
	need_tools setfattr getfattr setfacl getfacl setcap getcap
	chown 1234:4321 file
	chmod 6751 file
	setfattr -n user.note -v kept file 2>/dev/null || skip "no user attributes here"
	setfacl -m u:77:r-x file
	setcap cap_net_raw+ep file
	local before after
	before=$(stat -c '%a %u %g' file; getfattr -d file; getfacl -p file; getcap file)
	elfpatch stamp -i file
	after=$(stat -c '%a %u %g' file; getfattr -d file; getfacl -p file; getcap file)
	assert_equal "$after" "$before"
	assert_contains cap_net_raw "$after"
	assert_contains "user:77:r-x" "$after"
	assert_equal "$(stat -c %a file)" 6751
	elfpatch unstamp -o out file
	assert_equal "$(stat -c '%a %u %g' out; getcap out)" "6751 1234 4321
out cap_net_raw=ep"
}

@test "write: set-user-ID of another owner is an error for a plain user, and nothing changes" {
	need_root
	need_tools setpriv
	mkdir dir
	cp file dir/file
	chmod 4755 dir/file
	chown 65534:65534 dir
	chmod 755 "$BATS_TEST_TMPDIR" dir
	as_nobody true || skip "the directory cannot be reached by others"
	run as_nobody elfpatch stamp -i dir/file
	assert_status 2
	assert_contains "set-user-ID"
	assert_equal "$(stat -c '%a %u' dir/file)" "4755 0"
	cmp dir/file "$t/static.rw"
	assert_no_temporary dir
}

@test "write: a directory that may not be written: an error, nothing touched" {
	need_root
	need_tools setpriv
	mkdir dir
	cp file dir
	chmod 777 dir/file
	chmod 755 "$BATS_TEST_TMPDIR" dir
	as_nobody true || skip "the directory cannot be reached by others"
	run as_nobody elfpatch stamp -i dir/file
	assert_status 2
	assert_contains "no temporary file can be made in"
	cmp dir/file "$t/static.rw"
	assert_no_temporary dir
}

@test "write: a program that is running" {
	./file x 30 &
	local pid=$!
	sleep 0.1
	elfpatch stamp -i file
	kill -0 "$pid"
	kill "$pid"
	assert_runs ./file
	elfpatch verify -q file
}

@test "write: a full disk: an error, nothing touched, no temporary file" {
	need_root
	mkdir small
	mount -t tmpfs -o size=1200k tmpfs small || skip "no tmpfs may be mounted"
	cp file small/file
	run -2 elfpatch stamp -i small/file
	assert_error small/file
	assert_contains "No space left"
	cmp small/file "$t/static.rw"
	assert_no_temporary small
	run -2 elfpatch stamp -o small/out file
	[[ ! -e small/out ]] || fail "a part of it was written"
	umount small
}

@test "write: a size limit is an error as well" {
	run bash -c 'ulimit -f 100; elfpatch stamp -i file'
	assert_status 2
	cmp file "$t/static.rw"
	assert_no_temporary
}

@test "write: killed at any moment: the old file or the new one" {
	elfpatch stamp -o new file
	local i old=0 fresh=0
	for i in {1..60}; do
		cp "$t/static.rw" victim
		elfpatch stamp -i victim &
		local pid=$!
		sleep "0.00$((i % 8))"
		kill -"$([[ $((i % 2)) -eq 0 ]] && echo KILL || echo TERM)" "$pid" 2>/dev/null || true
		wait "$pid" || true
		if cmp -s victim "$t/static.rw"; then
			old=$((old + 1))
		elif cmp -s victim new; then
			fresh=$((fresh + 1))
		else
			fail "neither old nor new"
		fi
	done
	((old > 0 && fresh > 0)) || echo "# $old old, $fresh new: the moments were not well spread" >&3
	assert_equal $((old + fresh)) 60
}

@test "write: holes stay holes" {
	truncate -s 64M file
	local before
	before=$(stat -c %b file)
	elfpatch stamp -o out file
	[[ $(stat -c %b out) -lt $((before + 1000)) ]] || fail "the holes are filled: $(stat -c %b out) blocks"
	elfpatch unstamp -o back out
	cmp back file
	assert_runs ./out
}
