// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer MODE: reads how many calls to make, says how many nanoseconds each took, again and again, on the
 * descriptors 0 and 1. peer MODE PROGRAM [ARG]...: becomes that program, watched so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "peers.h"

void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* The same but for the instruction. */
long site(void);
long empty(void);
__asm__(".text\n\t.balign 64\n\t.type site, @function\nsite:\n\tmov $110, %eax\n\tsyscall\n\tret\n\t.size "
        "site, . - site\n"
        "\t.balign 64\n\t.type empty, @function\nempty:\n\tmov $110, %eax\n\tret\n\t.size empty, . - empty");

static long library(void)
{
	return getppid();
}

static const struct {
	const char *name;
	void (*start)(enum what);
	enum what what;
	long (*call)(void);
} modes[] = {
    {"site", NULL, GO_ON, site},
    {"empty", NULL, GO_ON, empty},
    {"library", NULL, GO_ON, library},
    {"dispatch-allow", dispatch_start, ALLOW, site},
    {"dispatch", dispatch_start, GO_ON, site},
    {"dispatch-answer", dispatch_start, ANSWER_IT, site},
    {"allow", seccomp_start, ALLOW, site},
    {"trap", seccomp_start, GO_ON, site},
    {"trap-answer", seccomp_start, ANSWER_IT, site},
    {"notify", notify_start, GO_ON, site},
    {"notify-answer", notify_start, ANSWER_IT, site},
    {"ptrace", ptrace_start, GO_ON, site},
    {"ptrace-answer", ptrace_start, ANSWER_IT, site},
};

static struct answer calls(long (*volatile call)(void), int count)
{
	struct answer a = {0};
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < count; i++)
		a.result = call();
	clock_gettime(CLOCK_MONOTONIC, &to);
	a.nanoseconds =
	    ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / count;
	return a;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++) {
		int count;
		struct answer took;

		if (strcmp(argv[1], modes[i].name) != 0)
			continue;
		if (modes[i].start)
			modes[i].start(modes[i].what);
		if (argc > 2) {
			execvp(argv[2], argv + 2);
			die(argv[2]);
		}
		while (read(0, &count, sizeof count) == sizeof count) {
			calls(modes[i].call, count / 8 + 1);
			took = calls(modes[i].call, count);
			if (write(1, &took, sizeof took) != sizeof took)
				return 1;
		}
		return 0;
	}
	fprintf(stderr, "peer: no such mode\n");
	return 2;
}
