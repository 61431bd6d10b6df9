/* SPDX-License-Identifier: BSD-2-Clause */
/* The unwind information of what is added, as it is made and as it must be. */
#ifndef ENGINE_UNWIND_PLAN_H
#define ENGINE_UNWIND_PLAN_H

#include "unwind.h"

struct unwind_plan {
	const struct added *a;
	uint64_t start;  /* of what is added */
	uint64_t offset; /* of what is made, in the block */
	struct unwind_table table;
	struct syslayer_unwind record;
	struct unwind_program *program;
	unsigned programs, fills; /* all of them; the last ones of these are of fill, ascending */
	struct unwind_bytes block, debug;
	uint64_t *fde, *debug_fde; /* where they are, in each */
};

/*
 * offset: in the block, where it will be; u: of all trampolines; edit: what has been done to the
 * program's table, or NULL. unwind_plan_free() in any case.
 */
int unwind_plan(struct unwind_plan *p, const struct added *a, struct unwind *u, uint64_t offset,
                const struct syslayer_unwind *edit, struct error *e);
void unwind_plan_free(struct unwind_plan *p);

/* unwind-describe.c: make the programs. Returns whether an entry of the table was won. */
bool unwind_describe(struct unwind_plan *p, const struct unwind *u, bool usable, bool debug);

/* unwind-debug.c: a->debug_frame, to be appended later. */
void unwind_keep_debug(struct added *a, struct unwind_plan *p);
/* Whether the section is what it must be; it may be stripped, and that of the program may be too large to be
 * copied. */
bool unwind_verify_debug(const struct added *a, struct unwind_plan *p);

#endif
