// SPDX-License-Identifier: BSD-2-Clause
/*
 * Without a namespace: the rewritten dynamic linker is run as a program, and finds the rewritten libraries in
 * a folder of links. Not by --preload, which would change whose symbols come first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "namespace.h"

static const struct item *find(const struct plan *p, enum role role)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->item[i].role == role)
			return p->item + i;
	return NULL;
}

/* Where its bytes are to be taken from. */
static int place_of(const struct cache *c, const struct item *item, char *path)
{
	if (item->outcome == OUTCOME_REWRITTEN)
		return cache_file(c, &item->source, path);
	return snprintf(path, PATH_MAX, "%s", item->path) < PATH_MAX ? 0 : -1;
}

/* Several starts at once make the same links. */
static int make_links(const struct plan *p, const struct cache *c, const char *folder, struct error *e)
{
	if (mkdir(folder, 0700) && errno != EEXIST)
		return fail_errno(e, "the cache cannot be written");
	for (size_t i = 0; i < p->count; i++) {
		const struct item *item = p->item + i;
		char target[PATH_MAX], link[PATH_MAX], old[PATH_MAX];
		ssize_t n;

		if (item->role != ROLE_LIBRARY || item->outcome != OUTCOME_REWRITTEN)
			continue;
		if (place_of(c, item, target) ||
		    snprintf(link, sizeof link, "%s%s", folder, strrchr(item->path, '/')) >= PATH_MAX)
			return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "its name is too long");
		n = readlink(link, old, sizeof old);
		if (n == (ssize_t)strlen(target) && !memcmp(old, target, (size_t)n))
			continue;
		if ((unlink(link) && errno != ENOENT) || (symlink(target, link) && errno != EEXIST))
			return fail_errno(e, "the cache cannot be written");
	}
	return 0;
}

/* A folder for what the plan has. */
static int folder_of(const struct plan *p, const struct cache *c, char *folder)
{
	uint64_t h = c->engine;

	for (size_t i = 0; i < p->count; i++) {
		h = cache_hash(h, p->item[i].path, strlen(p->item[i].path));
		h = cache_hash(h, &p->item[i].source, sizeof p->item[i].source);
	}
	return cache_path(c, "libraries", h, folder);
}

static char *library_path(const char *folder)
{
	const char *rest = getenv("LD_LIBRARY_PATH");
	char *path;

	return asprintf(&path, "%s%s%s", folder, rest && *rest ? ":" : "", rest ? rest : "") < 0 ? NULL
	                                                                                         : path;
}

int without_namespace(const struct plan *p, const struct cache *c, const char *program, char **arguments,
                      struct command *r, struct error *e)
{
	const struct item *start = find(p, ROLE_PROGRAM), *linker = find(p, ROLE_INTERPRETER);
	char folder[PATH_MAX], path[PATH_MAX];
	size_t count = 0, n = 0;
	struct start s;

	find_start(program, &s);
	while (arguments[count])
		count++;
	r->arguments = calloc(count + 9, sizeof *r->arguments);
	if (!r->arguments)
		return fail_errno(e, "arguments");
	if (!start || place_of(c, start, path) || folder_of(p, c, folder))
		return fail(e, STATUS_UNSUPPORTED, NULL, NO_OFFSET,
		            "it cannot be started without a namespace");
	if (linker) {
		if (place_of(c, linker, r->file) || make_links(p, c, folder, e))
			return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "its libraries cannot be linked to");
		r->arguments[n++] = (char *)linker->path;
		r->arguments[n++] = (char *)"--library-path";
		r->arguments[n++] = library_path(folder);
		r->arguments[n++] = (char *)"--argv0";
	} else {
		memcpy(r->file, path, sizeof path);
	}
	r->arguments[n++] = s.kind == START_SCRIPT ? strdup(s.interpreter) : arguments[0];
	if (linker)
		r->arguments[n++] = strdup(path);
	if (s.kind == START_SCRIPT) {
		if (s.argument[0])
			r->arguments[n++] = strdup(s.argument);
		r->arguments[n++] = (char *)program;
	}
	for (size_t i = 1; i < count; i++)
		r->arguments[n++] = arguments[i];
	return 0;
}
