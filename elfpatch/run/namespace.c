// SPDX-License-Identifier: BSD-2-Clause
/* Mounts that only the program and its children see. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "namespace.h"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

/* user_namespaces(7): who is not privileged may map himself, and his group when setgroups(2) is denied. */
static int keep_ids(uid_t user, gid_t group)
{
	char text[64];

	snprintf(text, sizeof text, "%u %u 1", user, user);
	if (write_file("/proc/self/uid_map", text) || write_file("/proc/self/setgroups", "deny"))
		return -1;
	snprintf(text, sizeof text, "%u %u 1", group, group);
	return write_file("/proc/self/gid_map", text);
}

/* Who has been joined may be a thread of the process still, for a moment: its list has it until it is
 * released. */
static void wait_for_threads(void)
{
	struct stat st;

	/* proc(5): two links, and one a thread. */
	for (int i = 0; i < 10000 && !stat("/proc/self/task", &st) && st.st_nlink > 3; i++)
		usleep(100);
}

/* Nobody with more than one thread may. */
static int unshare_user(void)
{
	if (!unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 0;
	if (errno != EINVAL)
		return -1;
	wait_for_threads();
	return unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

int namespace_enter(bool *user, struct error *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error;

	*user = false;
	if (unshare(CLONE_NEWNS)) {
		if (errno != EPERM || unshare_user()) {
			fail_errno(e, "a mount namespace cannot be had");
			return 1;
		}
		*user = true;
		if (keep_ids(uid, gid))
			return fail_errno(e, "a user namespace cannot be had");
	}
	/* What others mount shows here, but not the other way round. */
	if (!mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return 0;
	error = errno;
	fail_errno(e, "mounts cannot be kept private");
	/* In a chroot: what the root of the file system is, and who sees its mounts, cannot be told from
	 * here. */
	return error == EINVAL && !*user ? 1 : -1;
}

int namespace_mount(const struct plan *p, const struct cache *c, struct error *e)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct item *item = p->item + i;
		char path[PATH_MAX];

		if (item->outcome == OUTCOME_REWRITTEN &&
		    (cache_file(c, &item->source, path) || mount(path, item->path, NULL, MS_BIND, NULL)))
			return fail_errno(e, "the rewritten %s cannot be mounted", item->path);
	}
	return 0;
}
