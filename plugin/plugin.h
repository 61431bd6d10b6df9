/* SPDX-License-Identifier: BSD-2-Clause */
/* What the plugin's files share. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include "object.h"

/* The linker's command line, response files expanded. */
struct arguments {
	char **v;
	int count, room;
	bool once; /* a response file is a pipe or the like: read, and gone */
};

/* response.c: add a word, or the words of the response file that it names. Returns 0 or -1 with errno. */
int arguments_add(struct arguments *a, const char *word, int depth);
void arguments_free(struct arguments *a);

/* command.c: what the command line asks for. */
struct command {
	const char *linker; /* argv[0], for messages */
	const char *output;
	char *from_script; /* output, where a script names it */
	const char *map;   /* -Map, or NULL */
	const char *cache; /* the directory of ThinLTO's cache, or NULL */
	bool inert;        /* nothing of ours to do: -r, --oformat=binary, --help, ... */
	bool bfd;          /* GNU ld, not lld */
	uint64_t size;     /* of the section, bytes */
	unsigned flags;    /* SYSLAYER_NOTE_* */
	const char *error; /* what is wrong in an option of ours, or NULL */
};
void command_parse(struct command *c, const struct arguments *a);
void command_free(struct command *c);

/* script.c: the name in OUTPUT(NAME) of a linker script, to be freed, or NULL. */
char *script_output(const char *path);

/* What stood at the output's path before the link. */
struct before {
	bool exists, regular;
	mode_t mode;
	dev_t device;
	ino_t inode;
	struct timespec changed;
};
void output_before(const struct command *c, struct before *b);
bool output_unchanged(const struct command *c, const struct before *b);

/* ahead.c: the file that will be the output, mapped while the linker writes it. */
struct ahead {
	void *data; /* or NULL */
	struct stat st;
};
/* Whether the child has such a file, a large one. Returns whether to look again, as its size is not known
 * yet. */
bool ahead_look(struct ahead *a, const struct command *c, pid_t child);
/* Its mapping, for the caller to unmap, if it is the file that st is of; or NULL. */
void *ahead_take(struct ahead *a, const struct stat *st);

/* work.c: what is to be done to a linked file. It is done in memory, and nothing is written before
 * work_write(). */
struct work {
	int fd; /* of the file, or -1 */
	bool begun;
	bool finished; /* somebody else has done it: links side by side on one name */
	struct object object;
	struct stat st;    /* as it was found */
	Elf64_Ehdr header; /* and its header */
	int result;        /* 0 or -1 with error */
	struct error error;
};
/* Begin with the file at the path; work_end() in any case. It takes what was mapped ahead, if that is the
 * file. */
void work_begin(struct work *w, const struct command *c, const char *path, struct ahead *a);
/* Whether the file at the path is that with which was begun, and as it was then. */
bool work_fits(const struct work *w, const char *path);
/* Returns w->result, or -1 with the error of writing. */
int work_write(struct work *w, const struct command *c);
void work_end(struct work *w);

/* watch.c: wait until there is another output than before, or the child has ended; map it ahead. Returns
 * whether it was seen. */
bool watch_output(const struct command *c, const struct before *b, pid_t child, struct ahead *a);

/* finish.c: put the section, the runtime and the routes into the linked output. Returns the exit status. */
int finish_output(const struct command *c, const struct before *b, struct work *w, mode_t mask);
/* What a failed link left gets the mode that the linker would have given it. */
void leave_output(const struct command *c, const struct before *b, mode_t mask);

#endif
