// SPDX-License-Identifier: BSD-2-Clause
/*
 * loop [COUNT]: nanoseconds of a call, for a few that differ in what a layer has to do for them; the
 * best of 1000 short rounds, as the machine has other things to do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const char *const name[] = {"getppid", "close", "read", "newfstatat", "openat"};
	int count = argc > 1 ? atoi(argv[1]) : 50, zero = open("/dev/zero", O_RDONLY);
	char buffer[64];
	struct stat st;

	for (int what = 0; what < 5; what++) {
		double best = 1e18;

		for (int round = 0; round < 1000; round++) {
			double start = now();

			for (int i = 0; i < count; i++) {
				switch (what) {
				case 0:
					syscall(SYS_getppid);
					break;
				case 1:
					close(-1);
					break;
				case 2:
					if (read(zero, buffer, sizeof buffer) < 0)
						return 1;
					break;
				case 3:
					stat("/etc/passwd", &st);
					break;
				case 4:
					open("/nowhere/at/all", O_RDONLY);
					break;
				}
			}
			start = (now() - start) / count;
			if (start < best)
				best = start;
		}
		printf("%s %.0f\n", name[what], best);
	}
	return 0;
}
