// SPDX-License-Identifier: BSD-2-Clause
/* stacks COUNT: two that share all memory make the same calls at once, and both are on the initial stack. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int hammer(void *count)
{
	for (long i = *(long *)count; i; i--) {
		syscall(SYS_getppid);
		syscall(SYS_close, -1);
	}
	return 0;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	char stack[65536];
	int status, pid = clone(hammer, stack + sizeof stack, CLONE_VM | SIGCHLD, &count);

	hammer(&count);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}
