// SPDX-License-Identifier: BSD-2-Clause
/* The file "known" of the cache: of each source that was looked at, what it came to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cache.h"

struct head {
	char magic[8];
	uint64_t engine;   /* of another one: nothing is known */
	uint64_t checksum; /* of what follows */
};
#define MAGIC "SYSLKNOW"
/* The older half of more than that is forgotten: most of it is of files that have changed since. */
#define KNOWN_MAX 20000

static int path_of(const struct cache *c, char *path)
{
	return snprintf(path, PATH_MAX, "%s/known", c->directory) < PATH_MAX ? 0 : -1;
}

/* What is not as it was written is as good as not there. */
static void read_known(struct cache *c)
{
	char path[PATH_MAX];
	struct head *head;
	size_t size, rest;

	c->read = true;
	if (path_of(c, path))
		return;
	head = cache_read(path, &size);
	if (!head)
		return;
	rest = size - sizeof *head;
	if (size >= sizeof *head && !memcmp(head->magic, MAGIC, sizeof head->magic) &&
	    head->engine == c->engine && rest % sizeof *c->known == 0 &&
	    head->checksum == cache_sum(head + 1, rest)) {
		c->known = malloc(rest + 1);
		if (c->known) {
			memcpy(c->known, head + 1, rest);
			c->count = rest / sizeof *c->known;
		}
	}
	free(head);
}

const struct known *known_find(struct cache *c, const struct identity *source)
{
	if (!c->read)
		read_known(c);
	for (size_t i = 0; i < c->count; i++)
		if (same_identity(&c->known[i].source, source))
			return c->known + i;
	return NULL;
}

bool known_made(struct cache *c, const struct identity *made)
{
	if (!c->read)
		read_known(c);
	for (size_t i = 0; i < c->count; i++)
		if (c->known[i].outcome == OUTCOME_REWRITTEN && same_identity(&c->known[i].made, made))
			return true;
	return false;
}

void known_forget(struct cache *c)
{
	free(c->known);
	c->known = NULL;
	c->count = 0;
	c->read = false;
}

int known_add(struct cache *c, const struct known *k, struct error *e)
{
	struct known *old = (struct known *)known_find(c, &k->source), *more;

	c->changed = true;
	if (old) {
		*old = *k;
		return 0;
	}
	more = realloc(c->known, (c->count + 1) * sizeof *more);
	if (!more)
		return fail_errno(e, "the cache");
	c->known = more;
	c->known[c->count++] = *k;
	return 0;
}

int known_save(struct cache *c, struct error *e)
{
	size_t keep = c->count > KNOWN_MAX ? KNOWN_MAX / 2 : c->count, rest = keep * sizeof *c->known;
	struct head *head;
	char path[PATH_MAX];
	int result = 0;

	if (!c->changed)
		return 0;
	head = calloc(1, sizeof *head + rest);
	if (!head)
		return fail_errno(e, "the cache");
	memcpy(head->magic, MAGIC, sizeof head->magic);
	head->engine = c->engine;
	if (rest)
		memcpy(head + 1, c->known + (c->count - keep), rest);
	head->checksum = cache_sum(head + 1, rest);
	if (path_of(c, path) || cache_write(path, head, sizeof *head + rest))
		result = fail_errno(e, "the cache cannot be written");
	free(head);
	c->changed = false;
	return result;
}

int known_clear(struct cache *c, struct error *e)
{
	char path[PATH_MAX];

	c->count = 0;
	c->read = true;
	return path_of(c, path) || (unlink(path) && errno != ENOENT)
	           ? fail_errno(e, "the cache cannot be written")
	           : 0;
}
