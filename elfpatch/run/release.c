// SPDX-License-Identifier: BSD-2-Clause
/* A file over which a rewritten one is mounted cannot be removed, replaced or written: before it is, the
 * mount goes. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
#include "broker.h"

static int unmount(const struct cache *c, const struct request *r)
{
	int names = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC), files;
	char number[16], path[PATH_MAX];
	ssize_t n;

	if (names < 0 || view_enter(r, c, &files))
		return -1;
	snprintf(number, sizeof number, "%d", r->file);
	n = readlinkat(names, number, path, sizeof path - 1);
	if (n <= 0)
		return -1;
	path[n] = 0;
	return *path == '/' ? umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) : -1;
}

void job_release(struct cache *c, const struct request *r)
{
	char path[64];
	struct identity id;

	snprintf(path, sizeof path, "/proc/self/fd/%d", r->file);
	if (!identify(path, &id) && known_made(c, &id) && !unmount(c, r))
		answer(r->socket, SYSLAYER_RELEASED, NULL, -1, -1);
	else
		answer(r->socket, SYSLAYER_GO_ON, NULL, -1, -1);
}
