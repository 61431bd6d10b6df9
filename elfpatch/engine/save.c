// SPDX-License-Identifier: BSD-2-Clause
/* Temporary file beside the output, then rename. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "save.h"

/* Set while a file of that name may exist. */
static char temporary[PATH_MAX];
static volatile int is_temporary;

void save_interrupted(void)
{
	if (is_temporary)
		unlink(temporary);
}

#define LINKS_MAX 40 /* as the kernel, path_resolution(7) */

/*
 * The file that a name leads to: what is edited is the target of a link, and the link stays.
 * Not realpath(), which needs to go through all directories above, also those of a relative name.
 */
static int resolve(const char *path, char *target, struct error *e)
{
	char link[PATH_MAX];

	if (strlen(path) >= PATH_MAX)
		goto too_long;
	strcpy(target, path);
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		ssize_t n = readlink(target, link, sizeof link - 1);
		char *end = strrchr(target, '/');

		if (n < 0) {
			if (errno == EINVAL || errno == ENOENT)
				return 0; /* no link, or nothing */
			return fail_errno(e, "%s", target);
		}
		link[n] = 0;
		end = link[0] == '/' || !end ? target : end + 1;
		if ((size_t)(end - target) + (size_t)n >= PATH_MAX)
			goto too_long;
		memcpy(end, link, (size_t)n + 1);
	}
	errno = ELOOP;
	return fail_errno(e, "%s", path);
too_long:
	errno = ENAMETOOLONG;
	return fail_errno(e, "%s", path);
}

int save_check(const struct object *o, const char *path, const struct save_options *options, struct error *e)
{
	struct stat st;

	(void)path;
	if (!options->output) {
		if (o->st.st_nlink > 1 && !options->relink)
			return fail(e, STATUS_UNSUPPORTED, "st_nlink", NO_OFFSET,
			            "the file has %ju names, and the others would keep the old bytes "
			            "(--hardlinks=relink)",
			            (uintmax_t)o->st.st_nlink);
		return 0;
	}
	if (stat(options->output, &st))
		return errno == ENOENT ? 0 : fail_errno(e, "%s", options->output);
	if (st.st_dev == o->st.st_dev && st.st_ino == o->st.st_ino)
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "%s is the same file (use --in-place)",
		            options->output);
	if (!S_ISREG(st.st_mode))
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "%s is not a regular file", options->output);
	return 0;
}

/* A nameless file, or where the file system has none, one with a name. */
static int open_temporary(const char *directory, bool *named, struct error *e)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	*named = false;
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return fail_errno(e, "no temporary file can be made in %s", directory);
	is_temporary = 1;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		is_temporary = 0;
		return fail_errno(e, "no temporary file can be made in %s", directory);
	}
	*named = true;
	return fd;
}

/* Where the target is: the directory, and the temporary name in it. */
static int beside(const char *target, char *directory, struct error *e)
{
	const char *slash = strrchr(target, '/');

	snprintf(directory, PATH_MAX, "%.*s", slash ? (int)(slash - target + (slash == target)) : 1,
	         slash ? target : ".");
	if ((size_t)snprintf(temporary, sizeof temporary, "%s/.elfpatch-XXXXXX", directory) <
	    sizeof temporary)
		return 0;
	errno = ENAMETOOLONG;
	return fail_errno(e, "%s", directory);
}

/* link() never replaces a name, so a file gets a temporary one to be renamed from. */
static int give_name(const char *from, int flags)
{
	char *suffix = temporary + strlen(temporary) - 6;

	is_temporary = 1;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(suffix, 7, "%06x", ((unsigned)getpid() * 1000 + i) & 0xffffff);
		if (!linkat(AT_FDCWD, from, AT_FDCWD, temporary, flags))
			return 0;
		if (errno != EEXIST)
			break;
	}
	is_temporary = 0;
	return -1;
}

static void *copy(void *arg)
{
	struct save *s = arg;

	s->error = copy_content(s->in, s->fd, s->size) ? errno : 0;
	return NULL;
}

/* Smaller files are copied in less time than a thread needs to start. */
#define WORTH_A_THREAD (8u << 20)

int save_begin(struct save *s, const struct object *o, int in, const char *path,
               const struct save_options *options, struct error *e)
{
	*s = (struct save){.fd = -1, .in = in, .size = (uint64_t)o->st.st_size, .in_place = !options->output};
	if (resolve(options->output ? options->output : path, s->target, e) ||
	    beside(s->target, s->directory, e))
		return -1;
	s->fd = open_temporary(s->directory, &s->named, e);
	if (s->fd < 0)
		return -1;
	s->thread = s->size >= WORTH_A_THREAD && !pthread_create(&s->id, NULL, copy, s);
	return 0;
}

/* Now if there is no thread that does it. */
static int copied(struct save *s)
{
	if (s->thread)
		pthread_join(s->id, NULL);
	else
		copy(s);
	s->thread = false;
	errno = s->error;
	return s->error ? -1 : 0;
}

static int fill(struct save *s, const struct object *o, struct error *e)
{
	if (copied(s) || object_write(o, s->fd))
		return fail_errno(e, "the new file cannot be written");
	/* After the writing, which would clear set-user-ID bits and capabilities. */
	if (copy_metadata(&o->st, s->in, s->fd, e))
		return -1;
	/* In place the old bytes go away with the rename; a copy can be made again after a crash. */
	if (s->in_place && fsync(s->fd))
		return fail_errno(e, "the new file cannot be written");
	return 0;
}

int save_finish(struct save *s, const struct object *o, struct error *e)
{
	char self[32];

	if (fill(s, o, e))
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", s->fd);
	if (!s->named && give_name(self, AT_SYMLINK_FOLLOW))
		return fail_errno(e, "the new file cannot be named in %s", s->directory);
	if (rename(temporary, s->target))
		return fail_errno(e, "%s", s->target);
	is_temporary = 0;
	return 0;
}

void save_end(struct save *s)
{
	if (s->thread)
		copied(s);
	if (is_temporary) {
		unlink(temporary);
		is_temporary = 0;
	}
	if (s->fd >= 0)
		close(s->fd);
}

int save_link(const char *from, const char *to, const struct stat *old, struct error *e)
{
	char directory[PATH_MAX];
	struct stat st;
	int result = 0;

	if (beside(to, directory, e))
		return -1;
	if (lstat(to, &st))
		return fail_errno(e, "cannot be looked at");
	if (st.st_dev != old->st_dev || st.st_ino != old->st_ino)
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "no longer a name of the file that was %s",
		            from);
	if (give_name(from, 0))
		return fail_errno(e, "cannot be linked to %s", from);
	if (rename(temporary, to)) {
		result = fail_errno(e, "cannot be linked to %s", from);
		unlink(temporary);
	}
	is_temporary = 0;
	return result;
}
