#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A part of Python's own tests, which take no more than seconds: natively and under trace they have the results that they have
# without a layer. All of them, and other programs', are in tests/long/suites.bats.

load helpers
load run

setup_file() {
	run_setup_file
}

setup() {
	run_setup
	[[ -e /usr/lib/python3.11/test/test_os.py ]] || skip "libpython3.11-testsuite is not installed"
}

# alike MODULE...
alike() {
	run -0 --separate-stderr python3 "$SRC/tests/long/suites.py" --layers=native,trace suite python "$@"
	echo "$output"
}

@test "python's own tests: os, posix, files, memory, threads, terminals" {
	alike test_epoll test_fcntl test_mmap test_os test_popen test_posix test_pty test_select test_shutil test_tempfile test_thread
}

@test "python's own tests: signals, children, sockets" {
	export IGNORED="*VSOCK* *[tT]imeout* *Siginterrupt* *Itimer* *Stress* *PendingSignals* *wakeup_fd* *interprocess* *NoPoll*
		*_dead *File* *Sendfile* *Closer* *NetworkConnection* *interrupted* *repeated_call* *pass_fds* *SmallBuffered*
		*Buffered*"
	alike test_signal test_socket test_subprocess
}

@test "python's own tests: threads, asyncio" {
	export MATCHED="*ThreadingExceptionTests* *ThreadJoinOnShutdown* *PidfdWatcher* *test_unix_events* *test_locks* *SelectorEventLoopTests.test_sock*"
	alike test_threading test_asyncio
}
