// SPDX-License-Identifier: BSD-2-Clause
/* load LIBRARY: the median of what dlopen(3) of it takes, each time anew, in microseconds. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 3000

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double took[ROUNDS];

	for (int i = 0; argc > 1 && i < ROUNDS; i++) {
		struct timespec from, to;
		void *library;

		clock_gettime(CLOCK_MONOTONIC, &from);
		library = dlopen(argv[1], RTLD_NOW);
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (!library) {
			fprintf(stderr, "load: %s\n", dlerror());
			return 1;
		}
		dlclose(library);
		took[i] = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
	}
	qsort(took, ROUNDS, sizeof *took, by_value);
	printf("%.1f us\n", took[ROUNDS / 2]);
	return 0;
}
