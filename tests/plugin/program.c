// SPDX-License-Identifier: BSD-2-Clause
/* Tells whether a link has gone wrong: data, BSS, TLS, constructors, threads of control, and three calls of
 * its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char zeroed[70001];
static char *volatile pointer = zeroed;
static int constructed;
static __thread int tls_zeroed, tls = 7;
int data[1024] = {1, 2, 3};
static int *volatile relocated = data + 2;

static __attribute__((constructor)) void construct(void)
{
	constructed++;
}

/* A system call of our own: it is counted even where libc is another file. */
static __attribute__((noinline)) long call(long number, long argument)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(argument) : "rcx", "r11", "memory");
	return result;
}

int main(int argc, char **argv)
{
	int status = 0, same = 0;
	void *heap = malloc(300000);
	pid_t child;

	for (size_t i = 0; i < sizeof zeroed; i++)
		if (zeroed[i])
			return 100;
	for (int i = 0; i < 3; i++)
		same += call(SYS_getppid, 0) == getppid();
	if (!heap)
		return 101;
	memset(heap, 1, 300000);
	strcpy(pointer, argc > 1 ? argv[1] : "none");
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(9);
	waitpid(child, &status, 0);
	printf("%s %d %d %d %d %d %d %s\n", pointer, constructed, tls_zeroed, tls, *relocated, same,
	       WEXITSTATUS(status), getenv("GREETING") ? getenv("GREETING") : "-");
	fflush(stdout);
	/* count reports where a process leaves through its section. */
	call(SYS_exit_group, 3);
}
