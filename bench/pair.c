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
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* cpu: the processor time of it, all threads and waited-for children. */
static double microseconds(char **command, const posix_spawn_file_actions_t *quiet, double *cpu)
{
	struct timespec from, to;
	struct rusage used;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if (posix_spawnp(&pid, command[0], quiet, NULL, command, environ) ||
	    wait4(pid, &status, 0, &used) < 0 || status) {
		fprintf(stderr, "pair: %s failed\n", command[0]);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	*cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
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
	double *a, *b, *difference, *cpu_a, *cpu_b;
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
	cpu_a = calloc((size_t)rounds, sizeof *cpu_a);
	cpu_b = calloc((size_t)rounds, sizeof *cpu_b);
	if (!a || !b || !difference || !cpu_a || !cpu_b)
		return 1;
	for (int i = -3; i < rounds; i++) { /* three to warm up */
		double x, y, cpu_x, cpu_y;

		if (i & 1) {
			x = microseconds(first, &quiet, &cpu_x);
			y = microseconds(second, &quiet, &cpu_y);
		} else {
			y = microseconds(second, &quiet, &cpu_y);
			x = microseconds(first, &quiet, &cpu_x);
		}
		if (i < 0)
			continue;
		a[i] = x;
		b[i] = y;
		difference[i] = y - x;
		cpu_a[i] = cpu_x;
		cpu_b[i] = cpu_y;
	}
	double median_a = quantile(a, rounds, 0.5), median_b = quantile(b, rounds, 0.5);

	printf(
	    json
	        ? "{\"rounds\":%d,\"first_us\":%.1f,\"second_us\":%.1f,\"difference_us\":%.1f,\"q1_us\":%.1f,"
	          "\"q3_us\":%.1f,\"ratio\":%.3f,\"first_cpu_us\":%.1f,\"second_cpu_us\":%.1f}\n"
	        : "%d rounds: first %.1f us, second %.1f us; paired difference: median %.1f us "
	          "(quartiles %.1f, %.1f); ratio %.3f; processor time %.1f us, %.1f us\n",
	    rounds, median_a, median_b, quantile(difference, rounds, 0.5), quantile(difference, rounds, 0.25),
	    quantile(difference, rounds, 0.75), median_b / median_a, quantile(cpu_a, rounds, 0.5),
	    quantile(cpu_b, rounds, 0.5));
	return 0;
}
