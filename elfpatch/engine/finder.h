/* SPDX-License-Identifier: BSD-2-Clause */
/* What the passes that find sites and choose their tactics share. */
#ifndef ENGINE_FINDER_H
#define ENGINE_FINDER_H

#include "sites.h"

/* How far around a site branch targets matter: what may be replaced, and where its number may come from. */
#define LOOK_NEAR 24
#define LOOK_NUMBER 160
/* How far before its call the range may begin that a program compares its pc with. */
#define LOOK_RANGE 64
/* What is looked at behind a site. */
#define LOOK_BEHIND 128
/* A near branch reaches this far, and so does an operand relative to rip. */
#define REACH ((uint64_t)1 << 31)
/* A short branch reaches this far. */
#define SHORT_REACH 130
/* Fill that a short jump leads to is shorter, and no byte of it is further from the site. */
#define FILL_MAX 32
#define LOOK_FILL (128 + FILL_MAX)
/* All that the passes look at. */
#define LOOK_AROUND (LOOK_NUMBER + LOOK_NEAR + SHORT_REACH)

/* Decoded once, for the passes to come. */
struct decoded {
	uint64_t from, to;
	struct instruction *in;
	size_t count;
};

struct finder {
	const struct object *o;
	ZydisDecoder decoder;
	struct functions functions;
	struct targets targets;
	struct sites *sites;
	const struct instruction *in; /* of the stretch of code at hand */
	size_t count;
	uint64_t from, to;       /* that stretch */
	struct instruction *own; /* in is this, or what was kept */
	size_t room;
	unsigned looks;       /* for object_look() */
	bool keep;            /* there is a site in it */
	struct decoded *kept; /* ascending within each stretch of code */
	size_t kept_count, kept_room;
	struct function looked_at; /* by is_uncertain(), and what it said */
	bool uncertain;
};

/* One executable stretch of the file. */
struct code {
	const unsigned char *bytes;
	uint64_t address, size;
};

typedef int on_code(struct finder *f, const struct code *c);

/* code.c: call for each executable stretch, until one returns not 0. */
int each_code(struct finder *f, on_code *call);
/* Decode into f->in what is at from up to to, and maybe more. Returns 0 or -1 with errno. */
int decode_around(struct finder *f, const struct code *c, uint64_t from, uint64_t to);
/* Keep what is in f->in if f->keep says so. Returns 0 or -1 with errno. */
int keep_decoded(struct finder *f);
/* For one more in f->kept. Returns 0 or -1 with errno. */
int make_room_to_keep(struct finder *f);
void free_decoded(struct finder *f);
/*
 * synchronise.c: where to begin to decode, so that what is at the address is decoded as if from start, a
 * known one; that itself if it is near, or if nothing better is to be found.
 */
uint64_t synchronise(const struct finder *f, const struct code *c, uint64_t start, uint64_t address);
/* Index in f->in of the first instruction at or behind the address, or f->count. */
size_t instruction_from(const struct finder *f, uint64_t address);
/* Index in f->in of the instruction at the address, or SIZE_MAX. */
size_t instruction_at(const struct finder *f, uint64_t address);

/* candidates.c: the first pass: the sites of c. Returns 0 or -1 with errno. */
int find_in(struct finder *f, const struct code *c);

/* x86_64-way.c: the number of the call in instruction i, and how the call is made. */
int32_t find_number(const struct finder *f, const struct code *c, size_t i, uint64_t *origin);
void choose_way(const struct finder *f, const struct code *c, size_t i, struct site *s);

/* tactics.c: whether an instruction can stand elsewhere. */
bool movable(const struct instruction *in);

/* landing-pads.c: of the functions that have sites. */
void mark_landing_pads(struct finder *f);

/* x86_64-range.c: let the call in instruction i, which must stay, be asked for before its range. */
bool try_range(const struct finder *f, const struct code *c, size_t i, struct site *s, uint64_t free_from);

/* fill.c: what leads into the fill near sites is of interest. Returns 0 or -1 with errno. */
int want_fill(struct finder *f, const struct code *c);
/* Let the site jump to fill; *done: whether there is any. Decodes. Returns 0 or -1 with errno. */
int try_short(struct finder *f, const struct code *c, struct site *s, bool *done);
/* Whether another site has something of [from, to). */
bool is_taken(const struct finder *f, const struct site *s, uint64_t from, uint64_t to);

/* x86_64-indirect.c: *is: whether code that may belong to the site jumps to where nothing in the file tells.
 * Decodes. Returns 0 or -1 with errno. */
int is_uncertain(struct finder *f, const struct code *c, uint64_t address, bool *is);

/* tactics.c: what is replaced at each site of c. */
int choose_in(struct finder *f, const struct code *c);

#endif
