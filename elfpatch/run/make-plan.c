// SPDX-License-Identifier: BSD-2-Clause
/* Finds the files of a program, has them rewritten, and writes down what came of it. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plan.h"

static int add(struct plan *p, const struct item *item)
{
	if (p->count == p->room) {
		size_t room = 2 * p->room + 16;
		struct item *more = realloc(p->item, room * sizeof *more);

		if (!more)
			return -1;
		p->item = more;
		p->room = room;
	}
	p->item[p->count++] = *item;
	return 0;
}

static int out_of_memory(struct error *e)
{
	errno = ENOMEM;
	return fail_errno(e, "the files of the program");
}

/* A library that comes to be in one of them shows in its directory; musl does not tell where it looked. */
static int watch(struct paths *all)
{
	const char *list = getenv("LD_LIBRARY_PATH");

	if (paths_add(all, "/etc/ld.so.preload", ROLE_WATCHED))
		return -1;
	while (list && *list) {
		size_t length = strcspn(list, ":;");
		char directory[PATH_MAX];

		if (length && length < sizeof directory) {
			memcpy(directory, list, length);
			directory[length] = 0;
			if (paths_add(all, directory, ROLE_WATCHED))
				return -1;
		}
		list += length + !!list[length];
	}
	return 0;
}

/* One file by two names is mounted once. */
static bool is_there(const struct plan *p, const struct identity *source)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->item[i].outcome == OUTCOME_REWRITTEN && same_identity(&p->item[i].source, source))
			return true;
	return false;
}

static int add_path(struct plan *p, struct cache *c, const struct path *path, struct error *e)
{
	struct item item = {.path = path->name, .role = path->role};
	struct error why;
	struct known k;

	if (path->role == ROLE_WATCHED) {
		identify(path->name, &item.source);
		return add(p, &item) ? out_of_memory(e) : 0;
	}
	if (cache_fill(c, path->name, &k, &why, e))
		return -1;
	if (path->role == ROLE_SYSTEM && (k.outcome != OUTCOME_REWRITTEN || is_there(p, &k.source)))
		return 0;
	if (k.outcome == OUTCOME_LEFT && k.source.inode)
		complain(path->name, &why);
	item.source = k.source;
	item.made = k.made;
	/* What is not there is watched for. */
	item.outcome = k.source.inode ? k.outcome : 0;
	return add(p, &item) ? out_of_memory(e) : 0;
}

/* Within its bounds, and without what this plan needs. */
static int trim(struct cache *c, const struct plan *p, struct error *e)
{
	uint64_t *used = calloc(p->count, sizeof *used);
	struct cache_size left;
	int result;

	if (!used)
		return out_of_memory(e);
	for (size_t i = 0; i < p->count; i++)
		used[i] = cache_hash(c->engine, &p->item[i].source, sizeof p->item[i].source);
	result = cache_trim(c, cache_limit(), used, p->count, &left, e);
	free(used);
	return result;
}

/* All that may be programs, for nobody knows which of them will be started. */
static int add_folder(struct paths *all, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	int result = paths_add(all, folder, ROLE_WATCHED);

	while (d && !result && (entry = readdir(d))) {
		char name[PATH_MAX];
		struct stat st;

		if (snprintf(name, sizeof name, "%s/%s", folder, entry->d_name) < PATH_MAX &&
		    !stat(name, &st) && S_ISREG(st.st_mode) && st.st_mode & 0111)
			result = paths_add(all, name, ROLE_SYSTEM);
	}
	if (d)
		closedir(d);
	return result;
}

static int add_also(struct paths *all, const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode) ? add_folder(all, path) : closure(path, all);
}

int plan_make(struct plan *p, struct cache *c, const struct wanted *w, struct error *e)
{
	*p = (struct plan){0};
	if (closure(w->program, &p->paths) || watch(&p->paths) || system_files(&p->paths))
		return out_of_memory(e);
	for (size_t i = 0; i < w->count; i++)
		if (add_also(&p->paths, w->also[i]))
			return out_of_memory(e);
	for (size_t i = 0; i < p->paths.count; i++)
		if (add_path(p, c, p->paths.p + i, e))
			return -1;
	return known_save(c, e) || trim(c, p, e) || plan_save(p, c, w, e) ? -1 : 0;
}
