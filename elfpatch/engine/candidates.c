// SPDX-License-Identifier: BSD-2-Clause
/* The first pass: which of the byte pairs that look like a system call instruction are one. */
#include <stdlib.h>
#include <string.h>
#include "finder.h"
#include "parallel.h"
#include "search.h"

/* Code between two functions that nothing tells of, bytes. */
#define GAP_SMALL 4096

static struct site *add_site(struct sites *ss, uint64_t address)
{
	if (ss->count == ss->room) {
		size_t room = ss->room ? 2 * ss->room : 256;
		struct site *grown = realloc(ss->s, room * sizeof *grown);

		if (!grown)
			return NULL;
		ss->s = grown;
		ss->room = room;
	}
	ss->s[ss->count] = (struct site){.address = address, .number = SITE_UNKNOWN};
	return ss->s + ss->count++;
}

/*
 * In code that no function covers, what looks like an instruction may be data: believe it
 * only when the instructions around it make sense.
 */
static bool plausible(const struct finder *f, size_t i)
{
	for (size_t n = 1; n <= 8; n++) {
		if (i >= n && f->in[i - n].kind == KIND_BAD)
			return false;
		if (i + n < f->count && f->in[i + n].kind == KIND_BAD)
			return false;
	}
	return true;
}

/* Whether a function is known that has the address. If not, *gap: how far it is from the one before to the
 * next. */
static bool is_covered(const struct finder *f, const struct code *c, uint64_t address, uint64_t *gap)
{
	struct function fn = {.end = c->address};
	uint64_t next;
	bool found = functions_at(&f->functions, address, &fn, &next);

	*gap = next - fn.end;
	return found && address < fn.end;
}

/* Whether the byte pair 0f 05 at the address is an instruction. */
static int try_site(struct finder *f, const struct code *c, uint64_t address, bool covered)
{
	struct site *s;
	uint64_t from;
	size_t i;

	/* Most of them are none. */
	if (decode_around(f, c, address, address))
		return -1;
	i = instruction_at(f, address);
	if (i == SIZE_MAX || f->in[i].kind != KIND_SYSCALL) {
		f->sites->skipped++;
		return 0;
	}
	from = address - c->address > LOOK_AROUND ? address - LOOK_AROUND : c->address;
	if (decode_around(f, c, from, address + LOOK_AROUND))
		return -1;
	i = instruction_at(f, address);
	if (i == SIZE_MAX || f->in[i].kind != KIND_SYSCALL || (!covered && !plausible(f, i))) {
		f->sites->skipped++;
		return 0;
	}
	s = add_site(f->sites, address);
	if (!s)
		return -1;
	f->keep = true;
	s->number = find_number(f, c, i, &s->origin);
	/* Calls that a program compares its pc with are of any number. */
	if (s->number == SITE_UNKNOWN && s->address - c->address >= LOOK_RANGE &&
	    s->origin > s->address - LOOK_RANGE)
		s->origin = s->address - LOOK_RANGE;
	return 0;
}

/* What one thread finds in a part of the code. */
struct part {
	struct finder finder;
	struct sites sites;
	uint64_t *left; /* addresses in code that no function covers */
	size_t left_count, left_room;
};

struct candidates {
	const struct code *code;
	struct part part[PARALLEL_MAX];
};

static int leave(struct part *p, uint64_t address)
{
	if (p->left_count == p->left_room) {
		size_t room = p->left_room ? 2 * p->left_room : 64;
		uint64_t *grown = realloc(p->left, room * sizeof *grown);

		if (!grown)
			return -1;
		p->left = grown;
		p->left_room = room;
	}
	p->left[p->left_count++] = address;
	return 0;
}

SEARCH_CLONES
static int find_piece(struct part *p, const struct code *c, const struct stretch *s)
{
	struct search search = search_begin(s, s->from, 2);
	uint64_t at, gap;

	while (search_pair(&search, 0x0f, 0xff, 0x05, &at)) {
		uint64_t address = c->address + at;

		if (is_covered(&p->finder, c, address, &gap) ? try_site(&p->finder, c, address, true)
		                                             : leave(p, address))
			return -1;
	}
	return 0;
}

#define PIECE ((uint64_t)1 << 20)

static int find_part(void *arg, unsigned part, unsigned parts)
{
	struct candidates *cs = arg;
	const struct code *c = cs->code;
	struct part *p = cs->part + part;
	const uint64_t start = (uint64_t)(c->bytes - p->finder.o->data);
	uint64_t from = parallel_cut(c->size, part, parts), end = parallel_cut(c->size, part + 1, parts), to;

	/* Pieces, for what has been searched need not stay mapped in. */
	for (; from < end; from = to) {
		to = end - from > PIECE ? from + PIECE : end;
		object_expect(p->finder.o, start + from, start + to);
		if (find_piece(p, c, &(struct stretch){c->bytes, from, to, c->size}))
			return -1;
		object_forget(p->finder.o, start + from, start + to);
	}
	return keep_decoded(&p->finder);
}

static int by_from(const void *a, const void *b)
{
	const struct decoded *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Add what a part has found to the whole. */
static int join(struct finder *f, struct part *p)
{
	struct sites *ss = f->sites;

	ss->skipped += p->sites.skipped;
	for (size_t i = 0; i < p->sites.count; i++) {
		struct site *s = add_site(ss, p->sites.s[i].address);

		if (!s)
			return -1;
		*s = p->sites.s[i];
	}
	for (; p->finder.kept_count; p->finder.kept_count--) {
		if (make_room_to_keep(f))
			return -1;
		f->kept[f->kept_count++] = p->finder.kept[p->finder.kept_count - 1];
	}
	return 0;
}

/* Where no function is known, each candidate tells where to look for the next. */
static int try_left(struct finder *f, const struct code *c, uint64_t address)
{
	uint64_t gap;
	bool covered = is_covered(f, c, address, &gap);

	/* A small gap is decoded from the function before it, where there are many symbols. */
	if (!covered && !f->functions.symbols && (gap > GAP_SMALL || functions_few_symbols(f->o))) {
		if (keep_decoded(f) || functions_find_symbols(&f->functions, f->o))
			return -1;
		f->count = 0; /* what was decoded may have begun elsewhere */
		covered = is_covered(f, c, address, &gap);
	}
	return try_site(f, c, address, covered);
}

int find_in(struct finder *f, const struct code *c)
{
	struct candidates *cs = calloc(1, sizeof *cs);
	size_t kept = f->kept_count;
	int result;

	if (!cs)
		return -1;
	cs->code = c;
	for (unsigned i = 0; i < PARALLEL_MAX; i++)
		cs->part[i].finder = (struct finder){
		    .o = f->o, .decoder = f->decoder, .functions = f->functions, .sites = &cs->part[i].sites};
	result = parallel(c->size, find_part, cs);
	for (unsigned i = 0; i < PARALLEL_MAX; i++) {
		struct part *p = cs->part + i;

		if (!result)
			result = join(f, p);
		for (size_t k = 0; !result && k < p->left_count; k++)
			result = try_left(f, c, p->left[k]);
		free_decoded(&p->finder);
		sites_free(&p->sites);
		free(p->left);
	}
	free(cs);
	if (!result)
		result = keep_decoded(f);
	/* The next section begins anew: with sections that adjoin, all before would be kept again and again.
	 */
	f->count = 0;
	if (f->kept_count > kept)
		qsort(f->kept + kept, f->kept_count - kept, sizeof *f->kept, by_from);
	return result;
}
