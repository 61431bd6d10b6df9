/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of elfpatch(1), and what they share. */
#ifndef CMD_H
#define CMD_H

#include <jansson.h>
#include "object.h"
#include "stamp.h"

struct options {
	const char *output;    /* -o */
	bool in_place;         /* -i */
	uint64_t size;         /* --size */
	const char *image;     /* --image */
	const char *layer_dir; /* --layer-dir */
	bool require;          /* --require */
	bool relink;           /* --hardlinks=relink */
	bool dry_run;          /* --dry-run */
	bool quiet, verbose;   /* -q, -v */
	bool json;             /* --json */
	bool sites;            /* --sites */
	bool recursive;        /* -r */
};

/* Each takes the operands, which there are as many of as the verb allows; returns an exit status. */
typedef int command(const struct options *options, char **files, int count);
command cmd_reserve, cmd_stamp, cmd_unstamp, cmd_inspect, cmd_verify, cmd_layers;

/* elfpatch: FILE: FIELD at 0xOFFSET: text. Returns the status. */
int complain(const char *file, const struct error *e);
/* The worse of two exit statuses. */
static inline int worse(int a, int b)
{
	/* A damaged file (2) or one left alone (3) weighs more than a negative answer (1). */
	return a > b ? a : b;
}

/* cmd-edit.c: open each file, edit, save. edit returns 0 or -1; done: "stamped" and the like. */
typedef int edit(struct object *o, void *context, bool *changed, struct error *e);
int edit_files(const struct options *options, char **files, int count, edit *call, void *context,
               const char *done);

/* cmd-layers.c: the file of a layer's name or path, in the buffer; NULL for the built-in one. */
const char *layer_path(const struct options *options, const char *layer, char *buffer, size_t size);

/* Print a JSON value and release it; returns STATUS_TROUBLE if that fails, else the status. */
int print_json(json_t *value, int status);

#endif
