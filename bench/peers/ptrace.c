// SPDX-License-Identifier: BSD-2-Clause
/* A tracer that does nothing but let each call go on, with its two stops; or answers it, with one
 * (PTRACE_SYSEMU). */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "peers.h"

/* To the child's next stop at a call; other signals are delivered. */
static void go(enum __ptrace_request how, pid_t child)
{
	int status, signal = 0;

	do {
		if (ptrace(how, child, NULL, (void *)(long)signal) || waitpid(child, &status, 0) != child)
			die("ptrace");
		if (!WIFSTOPPED(status))
			exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
		signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	} while (WSTOPSIG(status) != (SIGTRAP | 0x80));
}

static void answer(pid_t child)
{
	struct user_regs_struct r;

	go(PTRACE_SYSEMU, child);
	if (ptrace(PTRACE_GETREGS, child, NULL, &r))
		die("ptrace");
	if (r.orig_rax == SYS_getppid) {
		r.rax = ANSWER;
		ptrace(PTRACE_SETREGS, child, NULL, &r);
		return;
	}
	/* It was not made: once more. */
	r.rax = r.orig_rax;
	r.rip -= 2;
	ptrace(PTRACE_SETREGS, child, NULL, &r);
	go(PTRACE_SYSCALL, child);
	go(PTRACE_SYSCALL, child);
}

void ptrace_start(enum what what)
{
	pid_t child = fork();

	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			die("ptrace");
		raise(SIGSTOP);
		return;
	}
	if (waitpid(child, NULL, 0) != child ||
	    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)))
		die("ptrace");
	for (;;) {
		if (what == ANSWER_IT)
			answer(child);
		else
			go(PTRACE_SYSCALL, child);
	}
}
