// SPDX-License-Identifier: BSD-2-Clause
/* The folder of the cache: where it is, whether it can be trusted, and files in it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <syslayer/run.h>
#include <unistd.h>
#include "cache.h"

/* XDG Base Directory Specification: a relative path is to be ignored. */
static int choose(char *directory, struct error *e)
{
	const char *base = getenv("XDG_CACHE_HOME"), *below = "/syslayer";

	if (!base || *base != '/') {
		base = getenv("HOME");
		below = "/.cache/syslayer";
	}
	if (!base || *base != '/')
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET,
		            "no place for the cache: neither XDG_CACHE_HOME nor HOME is set");
	if (snprintf(directory, PATH_MAX, "%s%s", base, below) < PATH_MAX - 64)
		return 0;
	errno = ENAMETOOLONG;
	return fail_errno(e, "the cache");
}

static int make_directories(char *path)
{
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		if (mkdir(path, 0700) && errno != EEXIST) {
			/* Not to be written, but it may be there. */
			struct stat st;
			int error = errno, missing = stat(path, &st);

			*slash = '/';
			errno = error;
			if (missing)
				return -1;
		}
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

/* Who can write here decides what this user runs. */
static int check(const struct cache *c, struct error *e)
{
	struct statvfs fs;
	struct stat st;

	if (fstat(c->fd, &st) || fstatvfs(c->fd, &fs))
		return fail_errno(e, "cannot be looked at");
	if (st.st_uid != geteuid())
		return fail(e, STATUS_TROUBLE, "st_uid", NO_OFFSET,
		            "the cache is refused, it belongs to user %ju and not to user %ju",
		            (uintmax_t)st.st_uid, (uintmax_t)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(e, STATUS_TROUBLE, "st_mode", NO_OFFSET,
		            "the cache is refused, others can write to it (mode %03o)",
		            (unsigned)st.st_mode & 07777);
	if (fs.f_flag & ST_NOEXEC)
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET,
		            "the cache is on a file system that is mounted noexec; XDG_CACHE_HOME can name "
		            "another place");
	return 0;
}

int cache_open(struct cache *c, const char *engine, struct error *e)
{
	static const char *const folders[] = {"files", "programs", "libraries", "run"};
	struct identity self;

	*c = (struct cache){.fd = -1};
	if (choose(c->directory, e))
		return -1;
	c->fd = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0 && errno == ENOENT) {
		if (make_directories(c->directory))
			return fail_errno(e, "cannot be made");
		c->fd = open(c->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (c->fd < 0)
		return fail_errno(e, "cannot be opened");
	if (check(c, e))
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (faccessat(c->fd, folders[i], F_OK, 0) && mkdirat(c->fd, folders[i], 0700) &&
		    errno != EEXIST)
			return fail_errno(e, "%s cannot be made", folders[i]);
	/* Whatever has been built anew may rewrite otherwise, its version number the same. */
	if (identify(engine, &self))
		return fail_errno(e, "%s", engine);
	c->engine = cache_hash(SYSLAYER_HASH_START, &self, sizeof self);
	return 0;
}

void cache_close(struct cache *c)
{
	free(c->known);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct cache){.fd = -1};
}

void cache_lock(struct cache *c, int operation)
{
	/* Where a file system has no locks, names that are given by rename() are all there is. */
	while (flock(c->fd, operation) && errno == EINTR)
		;
}

uint64_t cache_hash(uint64_t h, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;

	while (size--)
		h = syslayer_hash_byte(h, *p++);
	return h;
}

uint64_t cache_sum(const void *bytes, size_t size)
{
	const char *p = bytes;
	uint64_t h = SYSLAYER_HASH_START, word;

	for (; size >= sizeof word; size -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		h = syslayer_hash_word(h, word);
	}
	return cache_hash(h, p, size);
}

int cache_path(const struct cache *c, const char *folder, uint64_t name, char *path)
{
	return snprintf(path, PATH_MAX, "%s/%s/%016" PRIx64, c->directory, folder, name) < PATH_MAX ? 0 : -1;
}

int cache_file(const struct cache *c, const struct identity *source, char *path)
{
	return cache_path(c, "files", cache_hash(c->engine, source, sizeof *source), path);
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int cache_write(const char *path, const void *bytes, size_t size)
{
	char temporary[PATH_MAX + 8];
	int fd, error;

	snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!write_all(fd, bytes, size) && !rename(temporary, path)) {
		close(fd);
		return 0;
	}
	error = errno;
	unlink(temporary);
	close(fd);
	errno = error;
	return -1;
}

void *cache_read(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = NULL;
	struct stat st;
	size_t got = 0;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		bytes = malloc((size_t)st.st_size);
	while (bytes && got < (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(bytes);
			bytes = NULL;
			break;
		}
		got += (size_t)n;
	}
	close(fd);
	*size = got;
	return bytes;
}
