// SPDX-License-Identifier: BSD-2-Clause
/*
 * Shows those who would ask what is settled, by a file of the cache (syslayer/run.h): an exec of what is in
 * there takes neither a question nor this process. Where it cannot be made, they ask.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "settled.h"

static char path[PATH_MAX];
static int file = -1;

/* The lock tells cache_trim() that its process lives. */
static void make(const struct cache *c, const char *name)
{
	char *slash;

	if (snprintf(path, sizeof path, "%s/" SYSLAYER_RUN_SETTLED "/%.*s", c->directory, SYSLAYER_RUN_PART,
	             name) >= (int)sizeof path)
		return;
	slash = strrchr(path, '/');
	*slash = 0;
	if (mkdir(path, 0700) && errno != EEXIST)
		return;
	*slash = '/';
	file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file >= 0)
		flock(file, LOCK_EX | LOCK_NB);
}

void show_settled(const struct cache *c, const char *name, const struct place *p)
{
	struct place bucket[SYSLAYER_BUCKET] = {0};
	off_t offset = (off_t)(p->hash % SYSLAYER_BUCKETS * sizeof bucket);
	size_t i = 0;

	if (!*path)
		make(c, name);
	if (file < 0 || pread(file, bucket, sizeof bucket, offset) < 0)
		return;
	while (i < SYSLAYER_BUCKET && bucket[i].mounts && !same_place(bucket + i, p))
		i++;
	/* What a full disk cuts off is no place that anything has. */
	if (i < SYSLAYER_BUCKET && !bucket[i].mounts &&
	    pwrite(file, p, sizeof *p, offset + (off_t)(i * sizeof *p)) < 0)
		return;
}

void show_none(void)
{
	if (file >= 0 && ftruncate(file, 0))
		remove_settled();
}

void remove_settled(void)
{
	if (file < 0)
		return;
	unlink(path);
	close(file);
	file = -1;
}
