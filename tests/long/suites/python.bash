# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Python's own tests, libpython3.11-testsuite's; those of MATCHED, all otherwise, without IGNORED: patterns.
# Those of VSOCK wait for ever where there is only half of it.
: "${MATCHED=}" "${IGNORED=*VSOCK*}"

modules=(asynchat asyncio asyncore atexit audit bdb builtin bz2 cgi cmd_line cmd_line_script code_module concurrent_futures
	contextlib crypt ctypes curses dbm doctest dtrace eintr embed epoll exceptions faulthandler fcntl file fileio fork1 ftplib
	gc gdb getpass glob grp gzip hashlib httpservers imaplib import importlib inspect io ioctl json largefile locale logging lzma
	mailbox memoryview mmap multiprocessing_fork multiprocessing_forkserver multiprocessing_main_handling
	multiprocessing_spawn openpty os pathlib pdb pickle pkg poll popen posix posixpath profile pty pwd queue re readline
	regrtest resource robotparser runpy sched select selectors shelve shutil signal site smtplib socket socketserver spwd
	sqlite3 ssl stat subprocess support sys syslog tarfile tempfile thread threadedtempfile threading threading_local
	threadsignals time timeout tty unittest urllib urllib2_localnet uuid venv wait3 wait4 wsgiref xmlrpc zipfile zipimport
	zlib)

prepare() {
	/usr/bin/python3 -c 'import test.test_os'
}

units() {
	printf 'test_%s\n' "${modules[@]}"
}

# Of what is printed as they run, one test's comes in between others'.
check() {
	local options=() pattern
	set -f
	for pattern in $MATCHED; do
		options+=(-m "$pattern")
	done
	for pattern in $IGNORED; do
		options+=(-i "$pattern")
	done
	rm -f results.xml
	/usr/bin/python3 -m test --timeout=600 --junit-xml="$PWD/results.xml" "${options[@]}" "$@" >&2
	/usr/bin/python3 - <<-'PY'
		import xml.etree.ElementTree as tree
		for case in tree.parse("results.xml").iter("testcase"):
		    name = case.get("name").split(" ")[0]
		    kinds = [child.tag for child in case if child.tag in ("error", "failure", "skipped")]
		    unit = next((part for part in name.split(".") if part.startswith("test_")), name)
		    print(unit, name.replace("\n", " "), kinds[0] if kinds else "passed", sep="\t")
	PY
}
