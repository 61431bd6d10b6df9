/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of elfpatch(1), and what they share. */
#ifndef CMD_H
#define CMD_H

#include <jansson.h>
#include "object.h"
#include "stamp.h"

struct options {
	const char *output;      /* -o */
	bool in_place;           /* -i */
	uint64_t size;           /* --size, or 0 */
	const char *image;       /* --image */
	const char *layer_dir;   /* --layer-dir */
	bool require;            /* --require */
	bool relink;             /* --hardlinks=relink */
	bool dry_run;            /* --dry-run */
	bool quiet, verbose;     /* -q, -v */
	bool json;               /* --json */
	bool sites;              /* --sites */
	bool recursive;          /* -r */
	const char *files0_from; /* --files0-from */
	unsigned jobs;           /* -j, or 0: as many as there are cores */
	bool clear;              /* --clear */
	const char *layer;       /* --layer */
	const char **expression; /* -e, as many as that */
	unsigned expressions;
	const char **also; /* --also, as many as that */
	unsigned alsos;
	bool no_namespace; /* --no-namespace */
	bool exhaustive;   /* --exhaustive */
};

/* Each takes the operands, which there are as many of as the verb allows; returns an exit status. */
typedef int command(const struct options *options, char **files, int count);
command cmd_reserve, cmd_rewrite, cmd_stamp, cmd_unstamp, cmd_restore, cmd_inspect, cmd_verify, cmd_layers,
    cmd_run, cmd_cache;

/* elfpatch: FILE: FIELD at 0xOFFSET: text. Returns the status. */
int complain(const char *file, const struct error *e);
/* The worse of two exit statuses. */
static inline int worse(int a, int b)
{
	/* A damaged file (2) or one left alone (3) weighs more than a negative answer (1). */
	return a > b ? a : b;
}

/* main.c: for a program that is about to be started, what this one has changed of signals. */
void signals_as_they_were(void);
/* A number with K, M or G behind it. */
bool parse_size(const char *text, uint64_t *size);

/* cmd-edit.c: open, edit, save. edit returns 0 or -1, and may add warnings. */
typedef int edit(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e);
struct edited {
	enum { EDIT_UNCHANGED, EDIT_WOULD, EDIT_DONE } state;
	unsigned warnings; /* warnings.c */
	bool foreign;      /* not opened: by its contents it is no program for x86-64 */
};
/* Returns the status. */
int edit_file(const struct options *options, const char *file, edit *call, void *context, struct edited *r,
              struct error *e);
/* The same for each file, with messages; done: "stamped" and the like. */
int edit_files(const struct options *options, char **files, int count, edit *call, void *context,
               const char *done);

/* warnings.c: what will be lost with the bytes that the file has now, and what the new ones need; a bit each.
 */
enum { WARNINGS = 5, WARNING_PARTLY_RESTORED = 1 << 3, WARNING_LINUX_5_18 = 1 << 4 };
unsigned find_warnings(const struct options *options, int fd, struct object *o);
json_t *warnings_json(unsigned warnings);
void print_warnings(const char *file, unsigned warnings);

/* cmd-layers.c: the file of a layer's name or path, in the buffer; NULL for the built-in one. */
const char *layer_path(const struct options *options, const char *layer, char *buffer, size_t size);

/* json.c: a string; of one that is not UTF-8, each byte is taken for the character of that number. */
json_t *json_text(const char *text);
/* Print a JSON value and release it; returns STATUS_TROUBLE if that fails, else the status. */
int print_json(json_t *value, int status);

#endif
