// SPDX-License-Identifier: BSD-2-Clause
/* Files with several names, each of which may be met more than once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "task.h"

/* Of the name itself, whatever way led to its directory. NULL: errno. */
static char *canonical(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *directory = slash ? strndup(file, (size_t)(slash - file) + (slash == file)) : strdup(".");
	char *real = directory ? realpath(directory, NULL) : NULL, *all = NULL;

	if (real && asprintf(&all, "%s/%s", real, slash ? slash + 1 : file) < 0)
		all = NULL;
	free(directory);
	free(real);
	return all;
}

int links_add(struct links *all, const char *file, bool named, const struct stat *st)
{
	struct linked l = {.st = *st, .named = named, .order = all->count};

	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct linked *grown = realloc(all->l, room * sizeof *grown);

		if (!grown)
			return -1;
		all->l = grown;
		all->room = room;
	}
	l.canonical = canonical(file);
	l.given = l.canonical ? strdup(file) : NULL;
	if (!l.given) {
		free(l.canonical);
		return -1;
	}
	all->l[all->count++] = l;
	return 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_inode(const struct linked *a, const struct linked *b)
{
	int result = compare(a->st.st_dev, b->st.st_dev);

	return result ? result : compare(a->st.st_ino, b->st.st_ino);
}

static int by_name(const void *x, const void *y)
{
	const struct linked *a = x, *b = y;
	int result = by_inode(a, b);

	if (!result)
		result = strcmp(a->canonical, b->canonical);
	return result ? result : compare(a->order, b->order);
}

static int by_order(const void *x, const void *y)
{
	const struct linked *a = x, *b = y;
	int result = by_inode(a, b);

	return result ? result : compare(a->order, b->order);
}

static int by_file(const void *x, const void *y)
{
	const struct linked *a = x, *b = y;
	int result = compare(a->file, b->file);

	return result ? result : compare(a->order, b->order);
}

static void drop(struct linked *l)
{
	free(l->given);
	free(l->canonical);
}

void links_sort(struct links *all)
{
	struct linked *l = all->l;
	size_t kept = 0;

	if (!all->count)
		return;
	qsort(l, all->count, sizeof *l, by_name);
	for (size_t i = 0; i < all->count; i++) {
		if (kept && !by_inode(l + kept - 1, l + i) &&
		    !strcmp(l[kept - 1].canonical, l[i].canonical)) {
			l[kept - 1].named |= l[i].named;
			drop(l + i);
		} else {
			l[kept++] = l[i];
		}
	}
	all->count = kept;
	qsort(l, kept, sizeof *l, by_order);
	for (size_t i = 0; i < kept; i++)
		l[i].file = i && !by_inode(l + i - 1, l + i) ? l[i - 1].file : l[i].order;
	qsort(l, kept, sizeof *l, by_file);
	for (size_t i = kept; i--;)
		l[i].names = i + 1 < kept && l[i + 1].file == l[i].file ? l[i + 1].names + 1 : 1;
}

void links_free(struct links *all)
{
	for (size_t i = 0; i < all->count; i++)
		drop(all->l + i);
	free(all->l);
}
