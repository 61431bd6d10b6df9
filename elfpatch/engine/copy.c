// SPDX-License-Identifier: BSD-2-Clause
/* Copies a file: its bytes, and what belongs to it besides. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "save.h"

static int copy_by_hand(int in, int out, off_t from, off_t to)
{
	char buffer[65536];

	while (from < to) {
		size_t want = to - from < (off_t)sizeof buffer ? (size_t)(to - from) : sizeof buffer;
		ssize_t n = pread(in, buffer, want, from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = EIO; /* it became shorter under our hands */
			return -1;
		}
		for (ssize_t done = 0; done < n;) {
			ssize_t w = pwrite(out, buffer + done, (size_t)(n - done), from + done);

			if (w < 0 && errno == EINTR)
				continue;
			if (w <= 0)
				return -1;
			done += w;
		}
		from += n;
	}
	return 0;
}

static int copy_range(int in, int out, off_t from, off_t to)
{
	while (from < to) {
		off_t target = from;
		ssize_t n = copy_file_range(in, &from, out, &target, (size_t)(to - from), 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* EXDEV, EINVAL, EOPNOTSUPP, ENOSYS: not between these two; 0: file systems that lie about
		 * sizes. */
		if (n <= 0)
			return n < 0 && (errno == ENOSPC || errno == EIO || errno == EDQUOT)
			           ? -1
			           : copy_by_hand(in, out, from, to);
	}
	return 0;
}

int copy_content(int in, int out, uint64_t size)
{
	off_t end = (off_t)size;

	if (ftruncate(out, end))
		return -1;
	for (off_t at = 0; at < end;) {
		off_t data = lseek(in, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break; /* nothing but a hole up to the end */
		if (data < 0)
			return copy_range(in, out, at, end);
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		if (copy_range(in, out, data, hole))
			return -1;
		at = hole;
	}
	return 0;
}

/* Signatures of the old bytes are wrong for the new ones. */
static bool is_signature(const char *name)
{
	return !strcmp(name, "security.ima") || !strcmp(name, "security.evm");
}

static int copy_xattr(int in, int out, const char *name, struct error *e)
{
	ssize_t size = fgetxattr(in, name, NULL, 0);
	char *value;
	int result = 0;

	if (size < 0)
		return fail_errno(e, "extended attribute %s", name);
	value = malloc((size_t)size + !size);
	if (!value)
		return fail_errno(e, "extended attribute %s", name);
	size = fgetxattr(in, name, value, (size_t)size);
	/* A label that the policy gives anyway need not be ours to set. */
	if (size < 0 ||
	    (fsetxattr(out, name, value, (size_t)size, 0) && strcmp(name, "security.selinux") != 0))
		result = fail_errno(e, "extended attribute %s cannot be kept", name);
	free(value);
	return result;
}

static int copy_xattrs(int in, int out, struct error *e)
{
	ssize_t size = flistxattr(in, NULL, 0);
	char *names;
	int result = 0;

	if (size <= 0)
		return size < 0 && errno != EOPNOTSUPP ? fail_errno(e, "extended attributes") : 0;
	names = malloc((size_t)size);
	if (!names)
		return fail_errno(e, "extended attributes");
	size = flistxattr(in, names, (size_t)size);
	if (size < 0)
		result = fail_errno(e, "extended attributes");
	for (const char *n = names; !result && n < names + size; n += strlen(n) + 1)
		if (!is_signature(n))
			result = copy_xattr(in, out, n, e);
	free(names);
	return result;
}

int copy_metadata(const struct stat *st, int in, int out, struct error *e)
{
	struct stat now;

	if (fstat(out, &now))
		return fail_errno(e, "the new file");
	if ((now.st_uid != st->st_uid || now.st_gid != st->st_gid) && fchown(out, st->st_uid, st->st_gid)) {
		if (st->st_mode & (S_ISUID | S_ISGID))
			return fail_errno(e,
			                  "the owner of a set-user-ID or set-group-ID file cannot be kept");
		/* Like every tool that writes for a plain user: the file becomes the user's. */
		/* EINVAL: in a user namespace that has no number for the group. */
		if (now.st_gid != st->st_gid && fchown(out, (uid_t)-1, st->st_gid) && errno != EPERM &&
		    errno != EINVAL)
			return fail_errno(e, "the group cannot be kept");
	}
	if (fchmod(out, st->st_mode & 07777))
		return fail_errno(e, "the mode cannot be kept");
	return copy_xattrs(in, out, e);
}
