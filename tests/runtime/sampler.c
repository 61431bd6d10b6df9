// SPDX-License-Identifier: BSD-2-Clause
/*
 * sampler PROGRAM [ARG]...: runs a program, and reads its /proc/PID/maps at every stop of every
 * system call. Says how often it looked; exits with 1 if it saw memory that is writable and
 * executable, else as the program does.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int look(pid_t pid)
{
	char name[64], line[8192], permissions[8];
	int bad = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
	f = fopen(name, "re");
	if (!f)
		exit(99);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%*s %7s", permissions) == 1 && strchr(permissions, 'w') &&
		    strchr(permissions, 'x')) {
			fputs(line, stdout);
			bad = 1;
		}
	}
	fclose(f);
	return bad;
}

int main(int argc, char **argv)
{
	int status, bad = 0, looks = 0;
	pid_t pid;

	if (argc < 2)
		return 98;
	pid = fork();
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		raise(SIGSTOP);
		execv(argv[1], argv + 1);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 99;
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC))
		return 99;
	while (!ptrace(PTRACE_SYSCALL, pid, 0, 0) && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		bad |= look(pid);
		looks++;
	}
	printf("looked %d times\n", looks);
	if (bad)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}
