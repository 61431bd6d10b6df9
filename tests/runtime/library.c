// SPDX-License-Identifier: BSD-2-Clause
/* A library that makes system calls of its own: in its constructor, when called, and at exit. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int library_pid(void);

static int at_start;

int library_pid(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getpid) : "rcx", "r11", "memory");
	return (int)result;
}

static __attribute__((constructor)) void start(void)
{
	at_start = library_pid();
}

/* Run by what ld.so gives the program in rdx (x86-64 psABI 3.4.1). */
static __attribute__((destructor)) void stop(void)
{
	printf("library %s %s\n", at_start == getpid() ? "started" : "lost",
	       library_pid() == at_start ? "ended" : "lost");
	fflush(stdout);
}
