// SPDX-License-Identifier: BSD-2-Clause
/*
 * Times two commands as whole processes, in turn, so that what disturbs one disturbs the
 * other: pair [-n ROUNDS] [-c CPU] [-j] COMMAND ARG... -- COMMAND ARG...
 */
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double microseconds(char **command, const posix_spawn_file_actions_t *quiet)
{
	struct timespec from, to;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (posix_spawnp(&pid, command[0], quiet, NULL, command, environ) || waitpid(pid, &status, 0) < 0 ||
	    status) {
		fprintf(stderr, "pair: %s failed\n", command[0]);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double quantile(double *v, int n, double q)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return v[(int)(q * (n - 1))];
}

int main(int argc, char **argv)
{
	int rounds = 100, cpu = -1, json = 0, option;
	posix_spawn_file_actions_t quiet;
	double *a, *b, *difference;
	char **first, **second;

	while ((option = getopt(argc, argv, "+n:c:j")) != -1) {
		if (option == 'n')
			rounds = atoi(optarg);
		else if (option == 'c')
			cpu = atoi(optarg);
		else if (option == 'j')
			json = 1;
		else
			return 2;
	}
	first = second = argv + optind;
	while (*second && strcmp(*second, "--") != 0)
		second++;
	if (!*second || !second[1] || first == second || rounds < 1) {
		fputs("usage: pair [-n ROUNDS] [-c CPU] [-j] COMMAND ARG... -- COMMAND ARG...\n", stderr);
		return 2;
	}
	*second++ = NULL;
	if (cpu >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof set, &set);
	}
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	a = calloc((size_t)rounds, sizeof *a);
	b = calloc((size_t)rounds, sizeof *b);
	difference = calloc((size_t)rounds, sizeof *difference);
	if (!a || !b || !difference)
		return 1;
	for (int i = -3; i < rounds; i++) { /* three to warm up */
		double x, y;

		if (i & 1) {
			x = microseconds(first, &quiet);
			y = microseconds(second, &quiet);
		} else {
			y = microseconds(second, &quiet);
			x = microseconds(first, &quiet);
		}
		if (i < 0)
			continue;
		a[i] = x;
		b[i] = y;
		difference[i] = y - x;
	}
	double median_a = quantile(a, rounds, 0.5), median_b = quantile(b, rounds, 0.5);

	printf(
	    json
	        ? "{\"rounds\":%d,\"first_us\":%.1f,\"second_us\":%.1f,\"difference_us\":%.1f,\"q1_us\":%.1f,"
	          "\"q3_us\":%.1f,\"ratio\":%.3f}\n"
	        : "%d rounds: first %.1f us, second %.1f us; paired difference: median %.1f us "
	          "(quartiles %.1f, %.1f); ratio %.3f\n",
	    rounds, median_a, median_b, quantile(difference, rounds, 0.5), quantile(difference, rounds, 0.25),
	    quantile(difference, rounds, 0.75), median_b / median_a);
	return 0;
}
