/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes an edited file so that its name stands for the old bytes or the new ones, at every moment. */
#ifndef ENGINE_SAVE_H
#define ENGINE_SAVE_H

#include <limits.h>
#include <pthread.h>
#include "object.h"

struct save_options {
	const char *output; /* NULL: in place of the input */
	bool relink;        /* in place although the file has other names, which keep the old bytes */
};

/*
 * A file on its way. A large one is copied by a thread of its own from save_begin() on, while the edits to
 * its copy are still thought about; save_finish() writes them and gives it its name. save_end() in any case.
 */
struct save {
	char target[PATH_MAX], directory[PATH_MAX];
	int in, fd;
	uint64_t size;
	bool named, in_place, thread;
	pthread_t id;
	int error; /* of copying, errno */
};
/* o is the file open at in, which was opened by the name path. */
int save_begin(struct save *s, const struct object *o, int in, const char *path,
               const struct save_options *options, struct error *e);
int save_finish(struct save *s, const struct object *o, struct error *e);
void save_end(struct save *s);
/* What of that can be said before any edit: the output is not the input, not a directory, ... */
int save_check(const struct object *o, const char *path, const struct save_options *options, struct error *e);

/* Let the name to lead to the file from, too: instead of the old one, which is checked to be there still. */
int save_link(const char *from, const char *to, const struct stat *old, struct error *e);

/* In a signal handler: remove the temporary file, if there is one. */
void save_interrupted(void);

/* copy.c: content, holes kept; then owner, mode and extended attributes. Returns 0 or -1 with errno. */
int copy_content(int in, int out, uint64_t size);
int copy_metadata(const struct stat *st, int in, int out, struct error *e);

#endif
