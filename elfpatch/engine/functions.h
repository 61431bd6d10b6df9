/* SPDX-License-Identifier: BSD-2-Clause */
/* Where functions begin and end: what symbols and unwind tables say. */
#ifndef ENGINE_FUNCTIONS_H
#define ENGINE_FUNCTIONS_H

#include "unwind-table.h"

struct function {
	uint64_t start, end; /* addresses; end == start: not known */
};

struct functions {
	struct function *f; /* ascending by start, one a start */
	size_t count, room;
	bool symbols;              /* the symbol tables have been read too */
	struct unwind_table table; /* those that it has are looked up there; count 0: none */
};

/* By .eh_frame and by Go's table, which cover nearly all code and cost little. */
int functions_find(struct functions *fs, const struct object *o, struct error *e);
/* By the symbol tables too, once. Returns 0 or -1 with errno. */
int functions_find_symbols(struct functions *fs, const struct object *o);
/* Whether it takes no time to speak of. */
bool functions_few_symbols(const struct object *o);
void functions_free(struct functions *fs);
int functions_add(struct functions *fs, uint64_t start, uint64_t end);

/* The last function that starts at or below the address; *next: where the one after it starts. false: none.
 */
bool functions_at(const struct functions *fs, uint64_t address, struct function *f, uint64_t *next);

/* Whether a function has the address, or may have; also one that another one begins in. */
bool functions_cover(const struct functions *fs, uint64_t address);

/* eh-frame.c: the functions of .eh_frame. */
int functions_from_eh_frame(struct functions *fs, const struct object *o);
/* go-functions.c */
int functions_from_go(struct functions *fs, const struct object *o);

#endif
