#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A Debian root file system, rewritten as a whole: what runs in it does as before. Needs root and the network, half an
# hour and 2 GB; it is kept in the build, to be made once.

load ../helpers

PACKAGES="python3 libpython3.11-testsuite gcc libc6-dev perl git"
MODULES="test_os test_subprocess test_socket test_signal test_threading test_select test_mmap test_asyncio"

setup_file() {
	local debian=$BUILD/tests/debian
	command -v debootstrap >/dev/null || skip "no debootstrap"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	if [[ ! -e $debian/done ]]; then
		rm -rf "$debian"
		mkdir -p "$debian"
		debootstrap --variant=minbase bookworm "$debian/plain" >&2 || return
		within "$debian/plain" sh -c "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $PACKAGES" >&2 || return
		: >"$debian/done"
	fi
	rm -rf "$debian/rewritten"
	cp -a "$debian/plain" "$debian/rewritten"
	"$BUILD/elfpatch/elfpatch" rewrite -q -r -i "$debian/rewritten"
}

setup() {
	common_setup
	debian=$BUILD/tests/debian
}

# within ROOT COMMAND...: in a chroot of a mount namespace of its own.
within() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -ec '
		root=$1
		shift
		mount --bind /proc "$root/proc"
		mount --bind /dev "$root/dev"
		mount -t tmpfs tmp "$root/tmp"
		[ ! -d share ] || cp -r share/. "$root/tmp"
		for file in resolv.conf hosts; do
			[ ! -e "/etc/$file" ] || cp "/etc/$file" "$root/etc/$file"
		done
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"' sh "$@"
}

# alike COMMAND...: the same output and status in both.
alike() {
	local form
	for form in plain rewritten; do
		within "$debian/$form" "$@" >$form.out 2>&1 && echo "status 0" >>$form.out || echo "status $?" >>$form.out
	done
	diff plain.out rewritten.out || fail "$*"
}

@test "debian: the files are rewritten, and verify" {
	run -0 elfpatch verify -q -r "$debian/rewritten"
	run -0 elfpatch inspect "$debian/rewritten/usr/lib/x86_64-linux-gnu/libc.so.6"
	assert_contains "rewritten"
}

@test "debian: apt-get installs a package from a file" {
	mkdir -p share/package/DEBIAN share/package/usr/share/of-our-own
	printf '%s\n' "Package: of-our-own" "Version: 1" "Architecture: all" "Maintainer: nobody <nobody@localhost>" \
		"Description: nothing" >share/package/DEBIAN/control
	printf '#!/bin/sh\nset -e\nperl -e "print qq(configured\\n)"\n' >share/package/DEBIAN/postinst
	chmod 755 share/package/DEBIAN/postinst
	echo yes >share/package/usr/share/of-our-own/file
	dpkg-deb --build share/package share/package.deb >/dev/null
	alike sh -c 'apt-get install -y -o Dpkg::Use-Pty=0 /tmp/package.deb | grep configured; cat /usr/share/of-our-own/file; dpkg -l of-our-own | tail -n 1; apt-get purge -y of-our-own >/dev/null'
	assert_contains configured "$(cat rewritten.out)"
	assert_contains "status 0" "$(cat rewritten.out)"
}

@test "debian: gcc, perl, git" {
	mkdir share
	echo '#include <stdio.h>
	int main(void) { return puts("built") < 0; }' >share/program.c
	alike sh -c 'cd /tmp && gcc -O2 -o program program.c && ./program'
	assert_contains built "$(cat rewritten.out)"
	# shellcheck disable=SC2016 # for perl
	alike perl -e 'my $pid = fork; exit 3 unless $pid; wait; print $? >> 8, "\n", `echo child`, join(",", sort map { lc } qw(B a)), "\n"'
	alike sh -c 'cd /tmp && git init -q -b main a && cd a && echo x >f && git add f &&
		GIT_AUTHOR_DATE="2026-01-01 00:00 +0000" GIT_COMMITTER_DATE="2026-01-01 00:00 +0000" git -c user.name=a -c user.email=b commit -q -m one &&
		cd .. && git clone -q a b && git -C b log && git -C b fsck'
	assert_contains "status 0" "$(cat rewritten.out)"
}

# Tests that fail in both, for want of a network or of rights, may be there; those that do only after are ours.
@test "debian: python's own tests" {
	local form failed
	for form in plain rewritten; do
		# Those of VSOCK wait for ever where there is only half of it.
		# shellcheck disable=SC2086 # they are words
		within "$debian/$form" timeout 1500 python3 -m test -v -i '*VSOCK*' $MODULES >$form.log 2>&1 || true
		# What else is printed comes in between the tests' lines.
		grep -o '^Ran [0-9]* tests' $form.log >$form.ran
		sed -n -E 's/^(ERROR|FAIL): [^ ]+ \((.*)\)$/\2/p' $form.log | sort -u >$form.failed
	done
	assert_equal "$(wc -l <plain.ran)" "$(wc -w <<<"$MODULES")"
	diff plain.ran rewritten.ran
	# Those that look at the time fail by chance on a busy machine.
	for failed in $(comm -13 plain.failed rewritten.failed); do
		within "$debian/rewritten" python3 -m test "$(cut -d. -f2 <<<"$failed")" -m "$failed" || fail "$failed" || return
	done
}
