// SPDX-License-Identifier: BSD-2-Clause
/*
 * exhaustive LIBRARY: nanoseconds of a getppid(2) by the C library, and of one in a library that is not
 * rewritten (tests/exhaustive/raw.S); in turn, the least of all rounds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 40
#define CALLS 5000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double measure(long (*f)(long, ...), double least)
{
	double start = now(), each;

	for (int i = 0; i < CALLS; i++)
		f(SYS_getppid, 0L, 0L, 0L, 0L, 0L, 0L);
	each = (now() - start) / CALLS;
	return each < least ? each : least;
}

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	double inside = 1e9, outside = 1e9;
	long (*raw)(long, ...);

	if (!library)
		return 2;
	*(void **)&raw = dlsym(library, "raw");
	for (int i = 0; i < ROUNDS; i++) {
		inside = measure(syscall, inside);
		outside = measure(raw, outside);
	}
	printf("%8.1f %8.1f\n", inside, outside);
	return 0;
}
