// SPDX-License-Identifier: BSD-2-Clause
/* vfork-exec ROUNDS PROGRAM...: the median of the ticks of vfork, exec and wait; in a guest that counts
 * instructions. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

static int compare(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
	static unsigned long long ticks[10000];
	int rounds = argc > 2 ? atoi(argv[1]) : 0, status;

	if (rounds < 1 || rounds > 10000)
		return 2;
	for (int i = 0; i < rounds; i++) {
		unsigned long long start = __rdtsc();
		pid_t pid = vfork();

		if (!pid) {
			execv(argv[2], argv + 2);
			_exit(99);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 1;
		ticks[i] = __rdtsc() - start;
	}
	qsort(ticks, (size_t)rounds, sizeof *ticks, compare);
	printf("%llu\n", ticks[rounds / 2]);
	return 0;
}
