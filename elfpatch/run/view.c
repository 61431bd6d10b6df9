// SPDX-License-Identifier: BSD-2-Clause
/* Files as another process sees them. */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "broker.h"

static const char *const parts[] = {"ns/mnt", "root", "cwd"};
enum { MOUNTS, ROOT, DIRECTORY, PARTS };

/*
 * The user namespace that the mounts belong to: who asks may be in one below it, in which nobody may mount
 * anything there. setns(2) refuses the one that one is in.
 */
static int join_user(int mounts)
{
	struct stat mine, theirs;
	int fd = ioctl(mounts, NS_GET_USERNS), result = -1;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &theirs) && !stat("/proc/self/ns/user", &mine))
		result = mine.st_ino == theirs.st_ino ? 0 : setns(fd, CLONE_NEWUSER);
	close(fd);
	return result;
}

static int enter(const struct request *r, const struct cache *c, const int *fd, int *files)
{
	char path[PATH_MAX];

	/* Before a user namespace in which the numbers are others. */
	setfsgid(r->group);
	setfsuid(r->user);
	if ((uid_t)setfsuid((uid_t)-1) != r->user || join_user(fd[MOUNTS]) || setns(fd[MOUNTS], CLONE_NEWNS))
		return -1;
	if (snprintf(path, sizeof path, "%s/files", c->directory) < PATH_MAX)
		*files = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fchdir(fd[ROOT]) || chroot(".") || fchdir(fd[DIRECTORY]) ? -1 : 0;
}

int view_enter(const struct request *r, const struct cache *c, int *files)
{
	int fd[PARTS], result = 0;

	*files = -1;
	for (int i = 0; i < PARTS; i++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/%d/%s", (int)r->pid, parts[i]);
		fd[i] = open(path, (i < ROOT ? O_RDONLY : O_PATH) | O_CLOEXEC);
		if (fd[i] < 0)
			result = -1;
	}
	if (!result)
		result = enter(r, c, fd, files);
	for (int i = 0; i < PARTS; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return result;
}
