// SPDX-License-Identifier: BSD-2-Clause
/* A program with a little of everything: BSS, heap, a thread-local, a system call, output, its arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char bss[70000];
static __thread int local = 3;

/* Of its own, so that a dynamic program has one as well. */
static long own_getpid(void)
{
	long n = SYS_getpid;

	__asm__ volatile("syscall" : "+a"(n) : : "rcx", "r11", "memory");
	return n;
}

int main(int argc, char **argv)
{
	char *heap = malloc(300000);

	if (!heap)
		return 1;
	for (size_t i = 0; i < sizeof bss; i++)
		if (bss[i])
			return 2;
	memset(bss, 7, sizeof bss);
	memset(heap, 7, 300000);
	if (memcmp(bss, heap, sizeof bss) || local != 3 || own_getpid() != getpid())
		return 3;
	printf("hello %d %s\n", argc, argc > 1 ? argv[1] : "-");
	fflush(stdout);
	free(heap);
	return argc > 2 ? (int)sleep((unsigned)atoi(argv[2])) : 0;
}
