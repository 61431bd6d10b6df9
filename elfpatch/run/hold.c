// SPDX-License-Identifier: BSD-2-Clause
/*
 * The layer's files, for programs of the run to which their paths do not lead: within a chroot or other
 * mounts, and for users who may not open them.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "broker.h"
#include "kernel.h"

void home_here(struct home *h)
{
	struct statx s;

	*h = (struct home){0};
	if (kernel_statx(AT_FDCWD, "/", STATX_INO | STATX_MNT_ID, &s))
		return;
	h->mount = s.stx_mask & STATX_MNT_ID ? s.stx_mnt_id : 0;
	h->device = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
	h->inode = s.stx_ino;
}

/* Where a kernel does not tell it (before 5.8), all are. */
bool is_at_home(const struct request *r, const struct home *h)
{
	return r->user == geteuid() && r->group == getegid() &&
	       (!r->place[0] ||
	        (r->place[0] == h->mount && r->place[1] == h->device && r->place[2] == h->inode));
}

int hold_image(const struct request *r, const struct home *h)
{
	static int image = -2;
	const char *path = getenv("SYSLAYER_IMAGE");

	if ((r->what != SYSLAYER_ASK_PATH && r->what != SYSLAYER_ASK_GIVEN) || is_at_home(r, h))
		return -1;
	if (image == -2)
		image = path && *path == '/' ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	return image;
}

/* Whether it is what the run was given; of a pattern, a file in the same folder. */
static bool is_of_run(const char *path, const char *name)
{
	const char *given = getenv(name), *percent = given ? strchr(given, '%') : NULL;

	if (!given || *given != '/')
		return false;
	if (!percent)
		return !strcmp(path, given);
	return !strncmp(path, given, (size_t)(percent - given)) && !strchr(percent, '/') &&
	       !strchr(path + (percent - given), '/');
}

void hold_open(const struct request *r)
{
	int flags = (int)r->flags & (O_ACCMODE | O_CREAT | O_APPEND), fd = -1;

	if (is_of_run(r->search, "SYSLAYER_OUTPUT") ||
	    (flags == O_RDONLY && is_of_run(r->search, "SYSLAYER_POLICY")))
		fd = open(r->search, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (fd >= 0)
		fcntl(fd, F_SETFL, flags & O_APPEND);
	answer(r->socket, SYSLAYER_GO_ON, NULL, fd, -1);
	if (fd >= 0)
		close(fd);
}
