// SPDX-License-Identifier: BSD-2-Clause
/*
 * ticks [+]IMAGE...: what a getppid(2) costs over a bare syscall, in TSC ticks, one after the other
 * in short rounds, so that a machine that changes its pace does so for all; medians.
 * Images share no section, so each is a mapping of its own. Those with a + have their start hook called.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>
#include <syslayer/abi.h>

enum { CALLS = 200, ROUNDS = 4001, IMAGES = 16 };

static long direct(const char *slot)
{
	long r;

	(void)slot;
	__asm__ volatile("syscall" : "=a"(r) : "0"(SYS_getppid) : "rcx", "r11", "memory");
	return r;
}

static long through(const char *slot)
{
	long r;

	__asm__ volatile("lea -136(%%rsp), %%rsp\n\tlea 1f(%%rip), %%rcx\n\tmov %%rcx, (%%rsp)\n\tjmp *%2\n1:"
	                 : "=a"(r)
	                 : "0"(SYS_getppid), "r"(slot)
	                 : "rcx", "r11", "memory");
	return r;
}

static int compare(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void start(char *section, char **argv)
{
	const struct syslayer_image_header *image = (const void *)(section + SYSLAYER_IMAGE_HEADER);
	const struct syslayer_start s = {
	    .size = sizeof s,
	    .stack = (const long *)argv - 1,
	    .section = section,
	    .section_size = SYSLAYER_SIZE_DEFAULT,
	};

	((void (*)(const struct syslayer_start *))(section + image->init))(&s);
}

int main(int argc, char **argv)
{
	static unsigned taken[IMAGES][ROUNDS];
	const char *base[IMAGES];
	double first;

	if (argc < 2 || argc > IMAGES)
		return 2;
	for (int i = 1; i < argc; i++) {
		char *p = mmap(NULL, SYSLAYER_SIZE_DEFAULT, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int is_started = *argv[i] == '+', fd = open(argv[i] + is_started, O_RDONLY | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) ||
		    mmap(p, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0) != p) {
			perror(argv[i]);
			return 2;
		}
		base[i] = p + SYS_getppid * SYSLAYER_SLOT_SIZE;
		if (is_started)
			start(p, argv);
	}
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < argc; i++) {
			long (*call)(const char *) = i ? through : direct;
			unsigned long start = __rdtsc();

			for (int k = 0; k < CALLS; k++)
				call(i ? base[i] : NULL);
			taken[i][r] = (unsigned)(__rdtsc() - start);
		}
	}
	for (int i = 0; i < argc; i++) {
		qsort(taken[i], ROUNDS, sizeof **taken, compare);
		printf("%-40s %8.1f", i ? argv[i] : "syscall", taken[i][ROUNDS / 2] / (double)CALLS);
		first = taken[0][ROUNDS / 2] / (double)CALLS;
		printf(" %+7.1f\n", taken[i][ROUNDS / 2] / (double)CALLS - first);
	}
	return 0;
}
