// SPDX-License-Identifier: BSD-2-Clause
/* A list of files. */
#include <stdlib.h>
#include <string.h>
#include "closure.h"

int paths_add(struct paths *all, const char *name, enum role role)
{
	char *copy;

	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->p[i].name, name))
			return 0;
	if (all->count == all->room) {
		size_t room = 2 * all->room + 16;
		struct path *more = realloc(all->p, room * sizeof *more);

		if (!more)
			return -1;
		all->p = more;
		all->room = room;
	}
	copy = strdup(name);
	if (!copy)
		return -1;
	all->p[all->count++] = (struct path){copy, role};
	return 0;
}

void paths_free(struct paths *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->p[i].name);
	free(all->p);
	*all = (struct paths){0};
}
