#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: BSD-2-Clause
# The first process of a guest: runs each function test_* of /tests, and reports to the second serial line.
# The kernel passes on what it does not know of its command line: patience=N, a factor of the time that a test may take,
# and only=REGEX, of the names of tests, without test_ before them.
/bin/busybox mkdir -p /proc /sys /dev /tmp /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
stty -F /dev/ttyS1 raw -echo
# Once for all: who opens it empties its buffers.
exec 3>/dev/ttyS1
: >/tmp/messages
sed -n 's/^test_\([a-z0-9_]*\)().*/\1/p' /tests | grep -E "${only:-.}" >/tmp/tests
while read -r t; do
	start=$(cut -d ' ' -f 1 /proc/uptime)
	if timeout "$((${patience:-1} * 180))" sh -c "set -eu; . /tests; setup; test_$t" >/tmp/output 2>&1 </dev/null 3>&-; then
		echo "ok $t ($start)"
	else
		echo "not ok $t"
		sed "s/^/# $t: /" /tmp/output
	fi >&3
	dmesg -c >>/tmp/messages
done </tmp/tests
echo end >&3
sync
poweroff -f
