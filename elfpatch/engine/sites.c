// SPDX-License-Identifier: BSD-2-Clause
/* The passes by which the sites are found, and what is to be done at each. */
#include <stdlib.h>
#include "finder.h"

/* Short branches around a site are taken from the decoded instructions. */
static void mark_branches(struct finder *f, const struct code *c, uint64_t from, uint64_t to)
{
	for (size_t i = instruction_from(f, from); i < f->count && f->in[i].address < to; i++) {
		const struct instruction *in = f->in + i;
		const unsigned char *p = c->bytes + (in->address - c->address);

		if (in->kind == KIND_BRANCH && in->length < 5)
			targets_mark(&f->targets,
			             in->address + in->length + (uint64_t)(int64_t)(int8_t)p[in->length - 1]);
	}
}

/* Where functions begin somebody comes in. */
static void mark_functions(struct finder *f)
{
	for (size_t k = 0; k < f->sites->count; k++) {
		const struct site *s = f->sites->s + k;
		uint64_t at = s->origin > LOOK_NEAR ? s->origin - LOOK_NEAR : 0, next;
		struct function fn;

		if (functions_at(&f->functions, at, &fn, &next) && fn.start == at)
			targets_mark(&f->targets, at);
		for (; next < s->address + LOOK_NEAR; functions_at(&f->functions, next, &fn, &next))
			targets_mark(&f->targets, next);
	}
}

/* Between the passes: short branches of everything near a site. */
static int mark_in(struct finder *f, const struct code *c)
{
	for (size_t k = 0; k < f->sites->count; k++) {
		const struct site *s = f->sites->s + k;
		uint64_t from = s->origin - LOOK_NEAR - SHORT_REACH, fill = s->address - LOOK_FILL,
		         to = s->address + LOOK_FILL + SHORT_REACH;

		if (s->address - c->address >= c->size)
			continue;
		if (from > fill - SHORT_REACH)
			from = fill - SHORT_REACH;
		if (from < c->address || from > s->address)
			from = c->address;
		if (decode_around(f, c, from, to))
			return -1;
		mark_branches(f, c, from, to);
	}
	return 0;
}

static int by_field(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;

	return x->field < y->field ? -1 : x->field > y->field;
}

/* To look for what leads into one window more costs about as much as into one that is so much wider. */
#define WINDOW_GAP ((uint64_t)4 << 20)

static void choose_windows(struct targets *t, const struct sites *ss)
{
	for (uint64_t gap = WINDOW_GAP;; gap *= 2) {
		struct window *w = t->window;
		size_t k;

		for (k = 0; k < ss->count; k++) {
			const struct site *s = ss->s + k;
			uint64_t low =
			    s->origin < s->address - LOOK_FILL ? s->origin : s->address - LOOK_FILL;

			low = low < t->low || low > s->address ? t->low : low;
			if (!k || low > w[-1].high + gap) {
				if (w == t->window + WINDOWS_MAX)
					break;
				*w++ = (struct window){.low = low};
			}
			w[-1].low = low < w[-1].low ? low : w[-1].low;
			w[-1].high = s->address + LOOK_FILL;
		}
		t->windows = (size_t)(w - t->window);
		if (k == ss->count)
			return;
	}
}

static int prepare_targets(struct finder *f, struct summed_list *summed)
{
	const struct sites *ss = f->sites;
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t k = 0; k < ss->count; k++) {
		low = ss->s[k].origin < low ? ss->s[k].origin : low;
		high = ss->s[k].address > high ? ss->s[k].address : high;
	}
	low = low > LOOK_FILL ? low - LOOK_FILL : 0;
	if (targets_init(&f->targets, low, high + LOOK_FILL))
		return -1;
	for (size_t k = 0; k < ss->count; k++) {
		targets_want(&f->targets, ss->s[k].origin, ss->s[k].address);
		targets_want(&f->targets, ss->s[k].address - LOOK_NEAR, ss->s[k].address + LOOK_NEAR);
	}
	if (each_code(f, want_fill))
		return -1;
	choose_windows(&f->targets, ss);
	mark_functions(f);
	if (targets_scan(&f->targets, f->o, summed))
		return -1;
	mark_landing_pads(f);
	/* In the order in which they are decoded. */
	if (f->targets.suspects.count)
		qsort(f->targets.suspects.s, f->targets.suspects.count, sizeof *f->targets.suspects.s,
		      by_field);
	return 0;
}

static void confirm(struct finder *f, const struct code *c, const struct suspect *s)
{
	size_t i = instruction_from(f, s->field + 1);
	const struct instruction *in = i ? f->in + i - 1 : NULL;
	uint64_t offset;

	/* What cannot be decoded counts: data in code does not, but nor does it cost much. */
	if (!in || in->kind == KIND_BAD) {
		(s->absolute ? targets_mark_guessed : targets_mark)(&f->targets, s->target);
		return;
	}
	offset = in->address - c->address;
	switch (decode_field(&f->decoder, c->bytes + offset, c->size - offset, s->field - in->address)) {
	case FIELD_NONE:
		return;
	case FIELD_BRANCH:
		if (!s->absolute)
			targets_mark(&f->targets, s->target);
		return;
	case FIELD_RELATIVE:
		if (!s->absolute)
			targets_mark_pointed(&f->targets, s->target);
		return;
	case FIELD_ABSOLUTE:
		if (s->absolute)
			targets_mark_pointed(&f->targets, s->target);
		return;
	}
}

/* Whether it would tell nothing new. */
static bool is_known(const struct targets *t, const struct suspect *s)
{
	return s->pointer ? targets_pointed(t, s->target) : targets_hit(t, s->target - 1, s->target + 1);
}

/* Between the passes: of what may be a displacement, keep what stands in an instruction that has one. */
static int confirm_in(struct finder *f, const struct code *c)
{
	for (size_t k = 0; k < f->targets.suspects.count; k++) {
		const struct suspect *s = f->targets.suspects.s + k;

		if (s->field - c->address >= c->size || is_known(&f->targets, s))
			continue;
		if (decode_around(f, c, s->field, s->field))
			return -1;
		confirm(f, c, s);
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* Sections may overlap. */
static void drop_doubles(struct sites *ss)
{
	size_t n = 0;

	for (size_t k = 0; k < ss->count; k++)
		if (!n || ss->s[n - 1].address != ss->s[k].address)
			ss->s[n++] = ss->s[k];
	ss->count = n;
}

/* Whether two segments have the same code: a site would be rewritten in one of them, for both. */
static bool is_loaded_twice(const struct object *o)
{
	for (size_t i = 0; i < o->loads; i++)
		for (size_t k = 0; k < i; k++)
			if (o->load[i].flags & o->load[k].flags & PF_X &&
			    o->load[i].offset < o->load[k].offset + o->load[k].size &&
			    o->load[k].offset < o->load[i].offset + o->load[i].size)
				return true;
	return false;
}

int sites_find(struct sites *ss, const struct object *o, struct summed_list *summed, struct error *e)
{
	struct finder f = {.o = o, .sites = ss};
	const Elf64_Phdr *last = o->ph + last_load(o);
	int result = -1;

	*ss = (struct sites){0};
	ZydisDecoderInit(&f.decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (functions_find(&f.functions, o, e))
		goto out;
	if (each_code(&f, find_in))
		goto memory;
	if (ss->count) {
		qsort(ss->s, ss->count, sizeof *ss->s, by_address);
		drop_doubles(ss);
		/* What is added comes behind all segments. */
		if (last->p_vaddr + last->p_memsz - ss->s[0].address >= REACH) {
			fail(e, STATUS_UNSUPPORTED, "p_memsz", NO_OFFSET,
			     "code is more than 2 GiB from its trampolines");
			goto out;
		}
		if (is_loaded_twice(o)) {
			fail(e, STATUS_UNSUPPORTED, "p_offset", NO_OFFSET, "two segments have the same code");
			goto out;
		}
		if (prepare_targets(&f, summed) || each_code(&f, mark_in) || each_code(&f, confirm_in) ||
		    each_code(&f, choose_in))
			goto memory;
	}
	result = 0;
	goto out;
memory:
	fail_errno(e, "sites");
out:
	functions_free(&f.functions);
	targets_free(&f.targets);
	free_decoded(&f);
	return result;
}

void sites_free(struct sites *ss)
{
	free(ss->s);
	*ss = (struct sites){0};
}
