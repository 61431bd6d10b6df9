// SPDX-License-Identifier: BSD-2-Clause
/* Keeps the cache in bounds. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <syslayer/run.h>
#include <time.h>
#include <unistd.h>
#include "cache.h"

#define NAME_LENGTH 16
#define HOUR 3600
#define DEFAULT_LIMIT ((uint64_t)512 << 20)

struct kept {
	const char *folder;
	char name[NAME_LENGTH + 1];
	uint64_t bytes;
	time_t used;
};

struct all {
	struct kept *k;
	size_t count, room;
};

static int by_use(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return (x->used > y->used) - (x->used < y->used);
}

static bool is_name(const char *name)
{
	return strlen(name) == NAME_LENGTH && strspn(name, "0123456789abcdef") == NAME_LENGTH;
}

static int add(struct all *all, const char *folder, const char *name, const struct stat *st)
{
	struct kept *k;

	if (all->count == all->room) {
		size_t room = 2 * all->room + 64;

		k = realloc(all->k, room * sizeof *k);
		if (!k)
			return -1;
		all->k = k;
		all->room = room;
	}
	k = all->k + all->count++;
	*k = (struct kept){.folder = folder,
	                   .bytes = (uint64_t)st->st_blocks * 512,
	                   .used = st->st_atime > st->st_mtime ? st->st_atime : st->st_mtime};
	/* A copy has its source's times, unless it was read since. */
	if (st->st_ctime > k->used)
		k->used = st->st_ctime;
	memcpy(k->name, name, NAME_LENGTH + 1);
	return 0;
}

static int list(struct cache *c, const char *folder, struct all *all)
{
	int fd = openat(c->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!result && (entry = readdir(d))) {
		struct stat st;

		if (entry->d_name[0] == '.' && strspn(entry->d_name, ".") == strlen(entry->d_name))
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (is_name(entry->d_name))
			result = add(all, folder, entry->d_name, &st);
		else if (!S_ISDIR(st.st_mode) && st.st_ctime < time(NULL) - HOUR)
			/* Of one that was killed; those of today may be in use where locks do not work. */
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(d);
	return result;
}

static bool is_used(const struct kept *k, const uint64_t *used, size_t count)
{
	uint64_t name = strtoull(k->name, NULL, 16);

	for (size_t i = 0; i < count; i++)
		if (used[i] == name)
			return true;
	return false;
}

/* Folders of links (library-path.c), without those that lead nowhere now. */
static void remove_links(struct cache *c)
{
	int fd = openat(c->fd, "libraries", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd), *links;
	struct dirent *entry, *link;

	while (d && (entry = readdir(d))) {
		int folder = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		links = folder < 0 || !is_name(entry->d_name) ? NULL : fdopendir(folder);
		while (links && (link = readdir(links)))
			if (link->d_name[0] != '.' && faccessat(folder, link->d_name, F_OK, 0))
				unlinkat(folder, link->d_name, 0);
		if (links)
			closedir(links);
		else if (folder >= 0)
			close(folder);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR); /* if it is empty */
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

/* What brokers have left that were killed (settled-file.c). */
static void remove_settled_files(struct cache *c)
{
	int fd = openat(c->fd, SYSLAYER_RUN_SETTLED, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int file = is_name(entry->d_name) ? openat(fd, entry->d_name, O_RDONLY | O_CLOEXEC) : -1;

		if (file >= 0 && !flock(file, LOCK_EX | LOCK_NB))
			unlinkat(fd, entry->d_name, 0);
		if (file >= 0)
			close(file);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

uint64_t cache_limit(void)
{
	const char *text = getenv("SYSLAYER_CACHE_SIZE");
	uint64_t limit;

	return text && parse_size(text, &limit) ? limit : DEFAULT_LIMIT;
}

int cache_trim(struct cache *c, uint64_t limit, const uint64_t *used, size_t count, struct cache_size *left,
               struct error *e)
{
	struct all all = {0};
	int result = -1;
	bool removed = false;

	*left = (struct cache_size){0};
	if (list(c, "files", &all) || list(c, "programs", &all)) {
		fail_errno(e, "the cache cannot be read");
		goto out;
	}
	for (size_t i = 0; i < all.count; i++) {
		left->bytes += all.k[i].bytes;
		left->files++;
	}
	if (all.count)
		qsort(all.k, all.count, sizeof *all.k, by_use);
	for (size_t i = 0; i < all.count && left->bytes > limit; i++) {
		const struct kept *k = all.k + i;
		char path[64];

		if (is_used(k, used, count))
			continue;
		snprintf(path, sizeof path, "%s/%s", k->folder, k->name);
		if (unlinkat(c->fd, path, 0) && errno != ENOENT) {
			fail_errno(e, "the cache cannot be written");
			goto out;
		}
		removed = true;
		left->bytes -= k->bytes;
		left->files--;
	}
	if (removed)
		remove_links(c);
	remove_settled_files(c);
	result = 0;
out:
	free(all.k);
	return result;
}
