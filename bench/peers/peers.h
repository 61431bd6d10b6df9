/* SPDX-License-Identifier: BSD-2-Clause */
/* What can stand between a program and the kernel, a file each; for getppid(2) in bench/peers.sh. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdbool.h>

#define ANSWER 4711

/* What a process says when it has made some calls. */
struct answer {
	double nanoseconds; /* of a call */
	long result;        /* of the last */
};

/* What is done about a call. */
enum what {
	GO_ON, /* it is seen, and made by the kernel */
	ANSWER_IT,
	ALLOW, /* the mechanism is on, and not asked */
};

/* Each from here on, for this process; they end the program where they cannot. */
void dispatch_start(enum what what);
void seccomp_start(enum what what);
/* These two return in a child, which is what is watched; the parent watches, and ends as the child does. */
void notify_start(enum what what);
void ptrace_start(enum what what);

/* The arguments of SIGSYS's context, to the kernel again. */
long again(long number, long a, long b, long c, long d, long e, long f);
void die(const char *what);

#endif
