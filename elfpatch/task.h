/* SPDX-License-Identifier: BSD-2-Clause */
/* What a verb does with each of its files, whether they are named or found in trees. */
#ifndef TASK_H
#define TASK_H

#include "cmd.h"

struct task {
	size_t result_size; /* of what work() fills in, zeroed before: no pointers, it crosses processes */
	/* Returns the status, which is e's if it is not 0. */
	int (*work)(const struct options *options, const char *file, void *context, void *result,
	            struct error *e);
	/* In the main process, in the order of the files; e->status is 0 if there was no error. Returns the
	 * status. */
	int (*report)(const struct options *options, const char *file, const void *result,
	              const struct error *e, void *context);
	bool (*replaced)(const void *result); /* there is a new file; NULL: the verb makes none */
	void *context;                        /* a copy of it for work, where that is another process */
};

/*
 * trees.c: the files, and with -r and --files0-from those found, in parallel. Returns the worst status.
 * The options that work and report get say of the file whether it was found, or named.
 */
int each_file(const struct options *options, char **files, int count, const struct task *task);
static inline bool in_trees(const struct options *options)
{
	return options->recursive || options->files0_from;
}

/*
 * workers.c: files are worked on in processes: the engine needs no locks, and what goes wrong with one file,
 * a crash included, is that file's alone.
 */
struct workers;
struct to_do {
	const char *file;
	bool named;  /* by the user */
	bool relink; /* as with --hardlinks=relink */
	void *tag;
};
typedef void on_finished(const struct to_do *d, const void *result, const struct error *e, void *context);
/* count: of processes. NULL: no memory. */
struct workers *workers_start(const struct options *options, const struct task *task, unsigned count,
                              on_finished *call, void *context);
void workers_add(struct workers *w, const struct to_do *d);
/* Waits for all. */
void workers_finish(struct workers *w);

/* The options for a file that is named: as without trees. */
struct options options_of(const struct options *options, const struct to_do *d);

/*
 * walk.c: regular files in directories, and of a list; symbolic links are not followed, but what the user
 * has named is called for whatever it is. Return a status.
 */
typedef void on_walk(const char *file, bool named, const struct stat *st, void *context);
int walk_trees(char **paths, int count, on_walk *call, void *context);
int walk_list(const char *list, on_walk *call, void *context);

/* links.c: files with several names, to be handled once, when all their names are known. */
struct linked {
	struct stat st;
	char *given, *canonical;
	bool named;
	size_t order, file; /* when the name was met, and the first name of its file */
	size_t names;       /* of that file, from this one on */
};
struct links {
	struct linked *l;
	size_t count, room;
};
/* Remember a name of the file. Returns 0 or -1 with errno. */
int links_add(struct links *all, const char *file, bool named, const struct stat *st);
/* Names of one file follow each other then; files and names are in the order in which they were met. */
void links_sort(struct links *all);
void links_free(struct links *all);

/* progress.c: a line on a terminal. */
void progress_start(const struct options *options);
void progress_found(uint64_t bytes); /* one more file */
void progress_done(bool replaced);   /* with one of them */
/* Before anything else is printed, and at the end. */
void progress_clear(void);

#endif
