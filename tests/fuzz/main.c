// SPDX-License-Identifier: BSD-2-Clause
/* Runs a target: on what afl-fuzz brings, in one process; else on each file, or each file of each directory.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "fuzz.h"

/* No input of up to a megabyte may take longer, seconds; sanitizers take their share. */
#define SLOW 20.0

#ifdef __AFL_FUZZ_TESTCASE_LEN
__AFL_FUZZ_INIT();
#endif

static const char *current = "input";
static unsigned long tried;
static double slowest;

void broken(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", current);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void try_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	unsigned char *bytes = NULL;
	long size;
	double start;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0) {
		perror(path);
		exit(2);
	}
	rewind(f);
	/* As long as the input, for sanitizers to see its end. */
	bytes = malloc((size_t)size + !size);
	if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		exit(2);
	}
	fclose(f);
	current = path;
	start = now();
	target(bytes, (size_t)size);
	start = now() - start;
	if (start > SLOW)
		broken("it took %.1f s", start);
	slowest = start > slowest ? start : slowest;
	free(bytes);
	tried++;
}

static void try_path(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	char name[4096];

	if (!d) {
		try_file(path);
		return;
	}
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		try_file(name);
	}
	closedir(d);
}

int main(int argc, char **argv)
{
	target_begin();
#ifdef __AFL_FUZZ_TESTCASE_LEN
	if (argc == 1) {
		const unsigned char *shared;

		__AFL_INIT();
		shared = __AFL_FUZZ_TESTCASE_BUF;
		while (__AFL_LOOP(20000)) {
			size_t size = (size_t)__AFL_FUZZ_TESTCASE_LEN;
			unsigned char *bytes = malloc(size + !size);

			if (!bytes)
				return 2;
			memcpy(bytes, shared, size);
			target(bytes, size);
			free(bytes);
		}
		return 0;
	}
#endif
	for (int i = 1; i < argc; i++)
		try_path(argv[i]);
	printf("%lu inputs, the slowest in %.2f s\n", tried, slowest);
	return tried ? 0 : 2;
}
