// SPDX-License-Identifier: BSD-2-Clause
/* Finds regular files: in directories, in the order of their names, or in a list as of find -print0. */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "task.h"

static int trouble(const char *path, int error)
{
	struct error e;

	errno = error;
	fail_errno(&e, "cannot be read");
	return complain(path, &e);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk_tree(char *path, on_walk *call, void *context)
{
	char *paths[] = {path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
	int status = STATUS_OK;
	FTSENT *f;

	if (!fts)
		return trouble(path, errno);
	while ((errno = 0, f = fts_read(fts))) {
		if (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || f->fts_info == FTS_NS)
			status = worse(status, trouble(f->fts_path, f->fts_errno));
		else if (f->fts_info == FTS_F ||
		         (!f->fts_level && f->fts_info != FTS_D && f->fts_info != FTS_DP))
			call(f->fts_path, !f->fts_level, f->fts_statp, context);
	}
	if (errno)
		status = worse(status, trouble(path, errno));
	fts_close(fts);
	return status;
}

int walk_trees(char **paths, int count, on_walk *call, void *context)
{
	int status = STATUS_OK;

	for (int i = 0; i < count; i++)
		status = worse(status, walk_tree(paths[i], call, context));
	return status;
}

int walk_list(const char *list, on_walk *call, void *context)
{
	FILE *f = strcmp(list, "-") ? fopen(list, "re") : stdin;
	int status = STATUS_OK;
	char *file = NULL;
	size_t room = 0;
	struct stat st;

	if (!f)
		return trouble(list, errno);
	while ((errno = 0, getdelim(&file, &room, 0, f)) >= 0) {
		if (!*file)
			status = worse(status, trouble(list, ENOENT)); /* an empty name */
		else if (lstat(file, &st))
			status = worse(status, trouble(file, errno));
		else if (S_ISREG(st.st_mode))
			call(file, false, &st, context);
	}
	if (ferror(f))
		status = worse(status, trouble(list, errno));
	free(file);
	if (f != stdin)
		fclose(f);
	return status;
}
