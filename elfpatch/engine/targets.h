/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses of interest are branched to, or pointed at, from anywhere in a file. */
#ifndef ENGINE_TARGETS_H
#define ENGINE_TARGETS_H

#include "object.h"
#include "sums.h"

/* In code, what may be a displacement: its address, and what it leads to; whether it is one is for the
 * decoder to say. */
struct suspect {
	uint64_t field, target;
	bool pointer;  /* it would be no branch that leads there */
	bool absolute; /* it is no displacement, but the target's address */
};

struct suspects {
	struct suspect *s;
	size_t count, room;
};

/* The more there are, the longer it takes to look for what leads into them. */
#define WINDOWS_MAX 8

struct targets {
	uint64_t low, high; /* the addresses that the bitmaps cover */
	struct window {
		uint64_t low, high;
	} window[WINDOWS_MAX]; /* these have all that are wanted, ascending */
	size_t windows;
	unsigned char *wanted;
	unsigned char *hit;     /* by a branch */
	unsigned char *pointed; /* by something that is no branch, but an address */
	unsigned char *guessed; /* by what may be a pointer, or an entry of a jump table */
	struct suspects suspects;
};

int targets_init(struct targets *t, uint64_t low, uint64_t high);
void targets_free(struct targets *t);
void targets_want(struct targets *t, uint64_t start, uint64_t end);
bool targets_wanted(const struct targets *t, uint64_t address);
/* These three by any thread. */
void targets_mark(struct targets *t, uint64_t address);         /* a branch goes there */
void targets_mark_pointed(struct targets *t, uint64_t address); /* its address is taken */
void targets_mark_guessed(struct targets *t, uint64_t address); /* that may be so */
bool targets_pointed(const struct targets *t, uint64_t address);
/* An instruction begins there, so that what points there may be meant: a hit then. */
void targets_confirm(struct targets *t, uint64_t address);
bool targets_hit(const struct targets *t, uint64_t start, uint64_t end); /* any in (start, end)? */
/* Any in [start, end) that is branched to or pointed at, or may be? These addresses are wanted. */
bool targets_suspected(const struct targets *t, uint64_t start, uint64_t end);

/* x86_64-scan.c: look through the whole file, and unless it is NULL add the sums of all that is loaded to the
 * list. Returns 0 or -1 with errno. */
int targets_scan(struct targets *t, const struct object *o, struct summed_list *summed);

/* x86_64-jump-tables.c: where jump tables may begin, a bit for every 4 bytes of [low, low + 128 * words). */
struct stretch;
struct jump_tables {
	uint64_t low, words;
	uint32_t *bit;
};
int jump_tables_init(struct jump_tables *t, const struct object *o);
void jump_tables_free(struct jump_tables *t);
/* What the code in s, which begins at the address, takes for one; by any thread. */
void jump_tables_find(struct jump_tables *t, const struct stretch *s, uint64_t address);
/* Mark where they lead to. */
void jump_tables_mark(const struct jump_tables *ts, struct targets *t, const struct object *o);

#endif
