// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch cache: what elfpatch run has kept for this user. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include "run/cache.h"

int cmd_cache(const struct options *options, char **files, int count)
{
	struct error e = {.offset = NO_OFFSET};
	struct cache_size left;
	struct cache c;
	int status;

	(void)files;
	(void)count;
	if (cache_open(&c, "/proc/self/exe", &e)) {
		status = complain(c.directory, &e);
		goto out;
	}
	cache_lock(&c, LOCK_EX);
	if (cache_trim(&c, options->clear ? 0 : cache_limit(), NULL, 0, &left, &e) ||
	    (options->clear && known_clear(&c, &e))) {
		status = complain(c.directory, &e);
		goto out;
	}
	if (!options->quiet)
		printf("%s: %" PRIu64 " files, %" PRIu64 " KiB of %" PRIu64 "\n", c.directory, left.files,
		       left.bytes >> 10, cache_limit() >> 10);
	status = STATUS_OK;
out:
	cache_close(&c);
	return status;
}
