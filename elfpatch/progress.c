// SPDX-License-Identifier: BSD-2-Clause
/* A line on the terminal while trees are gone through. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "task.h"

#define EVERY 100000000 /* nanoseconds */
#define ERASE "\r\033[K"

static struct {
	bool on, shown;
	uint64_t found, done, replaced, bytes;
	struct timespec last;
} progress;

void progress_start(const struct options *options)
{
	progress.on = !options->quiet && isatty(STDERR_FILENO);
}

void progress_found(uint64_t bytes)
{
	progress.found++;
	progress.bytes += bytes;
}

void progress_done(bool replaced)
{
	struct timespec now;

	progress.done++;
	progress.replaced += replaced;
	if (!progress.on)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - progress.last.tv_sec) * 1000000000 + now.tv_nsec - progress.last.tv_nsec < EVERY)
		return;
	progress.last = now;
	progress.shown = true;
	fprintf(stderr, ERASE "%" PRIu64 " of %" PRIu64 " files, %" PRIu64 " MB, %" PRIu64 " changed",
	        progress.done, progress.found, progress.bytes / 1000000, progress.replaced);
	fflush(stderr);
}

void progress_clear(void)
{
	if (!progress.shown)
		return;
	progress.shown = false;
	fputs(ERASE, stderr);
	fflush(stderr);
}
