// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: a file over which a rewritten one is mounted can be removed, replaced and changed as
 * ever. The kernel says EBUSY or EROFS, the mount goes, and the call is made again.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include "ask.h"

/* Whether something was mounted over it, and is no more. */
static int release(int dir, const char *path, long flags)
{
	const struct syslayer_search none = SYSLAYER_NO_SEARCH;
	struct syslayer_answer answer = {0};
	long file, socket;
	int descriptor[SYSLAYER_DESCRIPTORS];

	file = syslayer_sys(__NR_openat, dir, path, O_PATH | O_CLOEXEC | flags);
	if (file < 0)
		return 0;
	socket = syslayer_socket();
	if (socket >= 0) {
		syslayer_ask_broker(socket, file, SYSLAYER_ASK_RELEASE, 0, &none, &answer, descriptor);
		syslayer_sys(__NR_close, socket);
	}
	syslayer_sys(__NR_close, file);
	return answer.what == SYSLAYER_RELEASED;
}

static int release_arguments(const struct syslayer_call *c)
{
	const long *a = c->argument;
	const char *first = (const char *)a[0], *second = (const char *)a[1];

	switch (c->number) {
	case __NR_unlink:
	case __NR_lchown:
		return release(AT_FDCWD, first, O_NOFOLLOW);
	case __NR_unlinkat:
		return release((int)a[0], second, O_NOFOLLOW);
	case __NR_rename:
		return release(AT_FDCWD, first, O_NOFOLLOW) | release(AT_FDCWD, second, O_NOFOLLOW);
	case __NR_renameat:
	case __NR_renameat2:
		return release((int)a[0], second, O_NOFOLLOW) |
		       release((int)a[2], (const char *)a[3], O_NOFOLLOW);
	case __NR_truncate:
	case __NR_creat:
	case __NR_chmod:
	case __NR_chown:
	case __NR_utime:
	case __NR_utimes:
		return release(AT_FDCWD, first, 0);
	case __NR_fchmodat:
	case __NR_fchownat:
	case __NR_utimensat:
		return release((int)a[0], second, 0);
	}
	return 0;
}

int syslayer_release(const struct syslayer_call *c, long result)
{
	unsigned long mask;
	int released;

	if (!*syslayer_broker || (result != -EBUSY && result != -EROFS))
		return 0;
	mask = syslayer_block();
	released = release_arguments(c);
	syslayer_unblock(mask);
	return released;
}

static int is_mount(int dir, const char *path, long flags)
{
	struct statx s;

	return !syslayer_sys(__NR_statx, dir, path, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, STATX_TYPE,
	                     &s) &&
	       s.stx_attributes & STATX_ATTR_MOUNT_ROOT && (s.stx_mode & S_IFMT) == S_IFREG;
}

void syslayer_release_open(const struct syslayer_call *c)
{
	const long *a = c->argument;
	int at = c->number == __NR_openat, dir = at ? (int)a[0] : AT_FDCWD;
	long flags = a[at + 1];
	unsigned long mask;

	if ((!at && c->number != __NR_open) || !(flags & O_ACCMODE) || !*syslayer_broker ||
	    !is_mount(dir, (const char *)a[at], flags))
		return;
	mask = syslayer_block();
	release(dir, (const char *)a[at], flags & O_NOFOLLOW);
	syslayer_unblock(mask);
}
