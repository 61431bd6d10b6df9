// SPDX-License-Identifier: BSD-2-Clause
/* Plans as files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plan.h"

struct head {
	char magic[8];
	uint64_t count;
	uint64_t checksum; /* of what follows */
};
#define MAGIC "SYSLPLAN"

struct row {
	struct identity source, made;
	uint32_t role, outcome;
	uint64_t length; /* of the path that follows, with at least one NUL, a multiple of 8 */
};

/* What dynamic linkers heed decides as much as the program's name; entries may be relative. */
static int name_of(const struct cache *c, const struct wanted *w, char *path)
{
	static const char *const names[] = {"LD_LIBRARY_PATH", "LD_PRELOAD"};
	uint64_t h = cache_hash(c->engine, w->program, strlen(w->program) + 1);
	char directory[PATH_MAX];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value && getcwd(directory, sizeof directory))
			h = cache_hash(h, directory, strlen(directory) + 1);
		h = cache_hash(h, value ? value : "", value ? strlen(value) + 1 : 1);
	}
	for (size_t i = 0; i < w->count; i++)
		h = cache_hash(h, w->also[i], strlen(w->also[i]) + 1);
	return cache_path(c, "programs", h, path);
}

static int read_rows(struct plan *p, const char *at, const char *end, uint64_t count)
{
	p->item = calloc(count, sizeof *p->item);
	if (!p->item)
		return -1;
	for (; p->count < count; p->count++) {
		struct row row;

		if ((size_t)(end - at) < sizeof row)
			return -1;
		memcpy(&row, at, sizeof row);
		at += sizeof row;
		if (!row.length || row.length > (size_t)(end - at) || at[row.length - 1])
			return -1;
		p->item[p->count] =
		    (struct item){row.source, row.made, at, (enum role)row.role, (enum outcome)row.outcome};
		at += row.length;
	}
	return 0;
}

int plan_load(struct plan *p, const struct cache *c, const struct wanted *w)
{
	const struct head *head;
	char path[PATH_MAX];
	size_t size;

	*p = (struct plan){0};
	if (name_of(c, w, path))
		return -1;
	head = p->bytes = cache_read(path, &size);
	if (head && size > sizeof *head && !memcmp(head->magic, MAGIC, sizeof head->magic) && head->count &&
	    head->count < size / sizeof(struct row) &&
	    head->checksum == cache_sum(head + 1, size - sizeof *head) &&
	    !read_rows(p, (const char *)(head + 1), (const char *)head + size, head->count) &&
	    !strcmp(p->item[0].path, w->program))
		return 0;
	plan_free(p);
	return -1;
}

int plan_save(const struct plan *p, const struct cache *c, const struct wanted *w, struct error *e)
{
	size_t size = sizeof(struct head);
	struct head *head;
	char path[PATH_MAX], *at;
	int result = 0;

	for (size_t i = 0; i < p->count; i++)
		size += sizeof(struct row) + ((strlen(p->item[i].path) + 8) & ~7ul);
	head = calloc(1, size);
	if (!head)
		return fail_errno(e, "the cache");
	memcpy(head->magic, MAGIC, sizeof head->magic);
	head->count = p->count;
	at = (char *)(head + 1);
	for (size_t i = 0; i < p->count; i++) {
		const struct item *item = p->item + i;
		size_t length = strlen(item->path);
		struct row row = {item->source, item->made, item->role, item->outcome, (length + 8) & ~7ul};

		memcpy(at, &row, sizeof row);
		memcpy(at + sizeof row, item->path, length);
		at += sizeof row + row.length;
	}
	head->checksum = cache_sum(head + 1, size - sizeof *head);
	if (name_of(c, w, path) || cache_write(path, head, size))
		result = fail_errno(e, "the cache cannot be written");
	free(head);
	return result;
}

bool plan_is_fresh(const struct plan *p, const struct cache *c)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct item *item = p->item + i;
		struct identity now;
		char path[PATH_MAX];

		/* What could not be rewritten is tried again, and said again. */
		if (item->outcome == OUTCOME_LEFT)
			return false;
		identify(item->path, &now);
		if (!same_identity(&now, &item->source))
			return false;
		if (item->outcome == OUTCOME_REWRITTEN &&
		    (cache_file(c, &item->source, path) || identify(path, &now) ||
		     !same_identity(&now, &item->made)))
			return false;
	}
	return true;
}

void plan_free(struct plan *p)
{
	free(p->item);
	free(p->bytes);
	paths_free(&p->paths);
	*p = (struct plan){0};
}
