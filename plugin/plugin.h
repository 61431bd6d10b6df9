/* SPDX-License-Identifier: BSD-2-Clause */
/* What the plugin's files share. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

/* The linker's command line, response files expanded. */
struct arguments {
	char **v;
	int count, room;
};

/* response.c: add a word, or the words of the response file that it names. Returns 0 or -1 with errno. */
int arguments_add(struct arguments *a, const char *word, int depth);
void arguments_free(struct arguments *a);

/* command.c: what the command line asks for. */
struct command {
	const char *linker; /* argv[0], for messages */
	const char *output;
	const char *map;   /* -Map, or NULL */
	bool inert;        /* nothing of ours to do: -r, --oformat=binary, --help, ... */
	bool bfd;          /* GNU ld, not lld */
	uint64_t size;     /* of the section, bytes */
	unsigned flags;    /* SYSLAYER_NOTE_* */
	const char *error; /* what is wrong in an option of ours, or NULL */
};
void command_parse(struct command *c, const struct arguments *a);

/* finish.c: put the section, the runtime and the routes into the linked output. Returns the exit status. */
struct before;
int finish_output(const struct command *c, const struct before *b, unsigned mask);

/* What stood at the output's path before the link. */
struct before {
	bool exists, regular;
	uint64_t device, inode;
	int64_t seconds, nanoseconds;
};
void output_before(const struct command *c, struct before *b);

#endif
