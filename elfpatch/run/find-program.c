// SPDX-License-Identifier: BSD-2-Clause
/* Finds a program as a shell does. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "find-program.h"

#define DEFAULT_PATH "/bin:/usr/bin" /* as execvp(3) */

/* 0, or an errno. */
static int try(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	return access(path, X_OK) ? errno : 0;
}

int find_program(const char *name, char *path)
{
	const char *list = getenv("PATH");
	int result = ENOENT;

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX ? try(path) : ENAMETOOLONG;
	if (!*name)
		return ENOENT;
	if (!list)
		list = DEFAULT_PATH;
	for (;;) {
		size_t length = strcspn(list, ":");
		int r;

		/* An empty entry is the current directory. */
		if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, list, length ? "/" : "./", name) <
		    PATH_MAX) {
			r = try(path);
			if (!r)
				return 0;
			if (r == EACCES)
				result = EACCES;
		}
		list += length;
		if (!*list++)
			return result;
	}
}
