// SPDX-License-Identifier: BSD-2-Clause
/* Tells a file from what it was. */
#include <time.h>
#include "cache.h"

#define SECOND 1000000000
/* Times of files are those of a clock's ticks, of 10 ms at most: two writes in one tick have the same. */
#define TICK (SECOND / 50)

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * SECOND + t->tv_nsec;
}

int identify(const char *path, struct identity *id)
{
	struct stat st;

	*id = (struct identity){0};
	if (stat(path, &st))
		return -1;
	*id = (struct identity){st.st_dev, st.st_ino, (uint64_t)st.st_size, nanoseconds(&st.st_mtim),
	                        nanoseconds(&st.st_ctim)};
	return 0;
}

int identify_settled(const char *path, struct identity *id)
{
	for (;;) {
		struct timespec now;
		int64_t age;

		if (identify(path, id))
			return -1;
		clock_gettime(CLOCK_REALTIME, &now);
		age = nanoseconds(&now) - id->changed;
		/* From the future: another machine's clock, of which nothing is known. */
		if (age < 0 || age > TICK)
			return 0;
		nanosleep(&(struct timespec){.tv_nsec = TICK - age + 1}, NULL);
	}
}
