// SPDX-License-Identifier: BSD-2-Clause
/* Chooses what is replaced at each site: room for a jump, where nothing else jumps to. */
#include "finder.h"

bool movable(const struct instruction *in)
{
	return in->kind == KIND_PLAIN || in->kind == KIND_PADDING;
}

/*
 * A branch goes into the middle of an instruction before the site: what stands there was decoded from
 * a wrong start maybe, out of data that lies before it. Where both ways to decode it have met, all is well.
 */
static uint64_t certain_from(const struct finder *f, const struct code *c, const struct site *s)
{
	uint64_t certain = c->address;

	for (size_t i = instruction_from(f, s->address - LOOK_NEAR);
	     i < f->count && f->in[i].address < s->address; i++)
		for (uint64_t at = f->in[i].address + 1; at < f->in[i].address + f->in[i].length; at++) {
			struct instruction in = {.address = at};

			if (!targets_hit(&f->targets, at - 1, at + 1))
				continue;
			while (in.address < s->address && instruction_at(f, in.address) == SIZE_MAX) {
				uint64_t offset = in.address - c->address;

				decode(&f->decoder, c->bytes + offset, c->size - offset, &in);
				in.address += in.length;
			}
			certain = in.address > certain ? in.address : certain;
		}
	return certain;
}

static bool try_before(const struct finder *f, size_t i, struct site *s, uint64_t free_from)
{
	for (size_t n = 1; n <= i; n++) {
		const struct instruction *in = f->in + i - n;
		uint64_t length = s->address + 2 - in->address;

		if (!movable(in) || in->address + in->length != in[1].address || length > SITE_MAX ||
		    in->address < free_from)
			return false;
		if (length < 5)
			continue;
		if (targets_hit(&f->targets, in->address, s->address + 2))
			return false;
		s->before = (uint8_t)(length - 2);
		s->length = (uint8_t)length;
		s->tactic = SYSLAYER_TACTIC_BEFORE;
		return true;
	}
	return false;
}

/* With so many bytes before the call that go too. */
static bool try_after(const struct finder *f, size_t i, struct site *s, uint64_t before, uint64_t free_to)
{
	uint64_t start = s->address - before;
	bool returned = false;

	for (size_t n = i + 1; n < f->count; n++) {
		const struct instruction *in = f->in + n;
		uint64_t end = in->address + in->length;

		if (in[-1].address + in[-1].length != in->address || end > free_to || end - start > SITE_MAX)
			return false;
		if (returned ? in->kind != KIND_PADDING : !movable(in) && in->kind != KIND_RETURN)
			return false;
		returned |= in->kind == KIND_RETURN;
		if (end - start < 5)
			continue;
		if (targets_hit(&f->targets, start, end) || is_taken(f, s, start, end))
			return false;
		s->before = (uint8_t)before;
		s->length = (uint8_t)(end - start);
		s->tactic = before ? SYSLAYER_TACTIC_AROUND : SYSLAYER_TACTIC_AFTER;
		return true;
	}
	return false;
}

static bool try_around(const struct finder *f, size_t i, struct site *s, uint64_t free_from, uint64_t free_to)
{
	for (size_t n = 1; n <= i; n++) {
		const struct instruction *in = f->in + i - n;

		if (!movable(in) || in->address + in->length != in[1].address || in->address < free_from ||
		    s->address - in->address > 2)
			return false;
		if (try_after(f, i, s, s->address - in->address, free_to))
			return true;
	}
	return false;
}

/* Pointers and jump tables lead to where instructions begin, or are none. */
static void confirm_targets(struct finder *f, const struct site *s)
{
	for (size_t i = instruction_from(f, s->origin - LOOK_NEAR);
	     i < f->count && f->in[i].address < s->address + LOOK_NEAR; i++)
		targets_confirm(&f->targets, f->in[i].address);
}

/* Where what is replaced at a site ends, or else the instruction itself. */
static uint64_t end_of(const struct site *s)
{
	struct site_piece piece[SITE_PIECES];
	uint64_t replaced;

	site_pieces(piece, s);
	replaced = piece->address + piece->length;
	return replaced > s->address + 2 ? replaced : s->address + 2;
}

/* A jump goes where nobody knows, the call itself maybe, with any number: the instructions around stay. */
static int choose_short(struct finder *f, const struct code *c, struct site *s)
{
	bool done;

	if (try_short(f, c, s, &done))
		return -1;
	if (done && s->way == WAY_SLOT) {
		s->number = SITE_UNKNOWN;
		s->way = WAY_GATE;
	}
	return 0;
}

static int choose(struct finder *f, const struct code *c, struct site *s, uint64_t free_from)
{
	uint64_t free_to = c->address + c->size, certain;
	bool uncertain, done;
	size_t i;

	if (is_uncertain(f, c, s->address, &uncertain) ||
	    decode_around(f, c, s->address, s->address + LOOK_BEHIND))
		return -1;
	i = instruction_at(f, s->address);
	/* Symbols that have come since say that instructions begin elsewhere. */
	if (i == SIZE_MAX) {
		s->reason = SYSLAYER_REASON_ROOM;
		return 0;
	}
	confirm_targets(f, s);
	/* Another way to the call may bring another number. */
	if (targets_hit(&f->targets, s->origin, s->address + 1))
		s->number = SITE_UNKNOWN;
	choose_way(f, c, i, s);
	if (s->reason == SYSLAYER_REASON_COMPARED && try_range(f, c, i, s, free_from))
		s->reason = SYSLAYER_REASON_NONE;
	if (s->tactic != SYSLAYER_TACTIC_NONE || s->reason != SYSLAYER_REASON_NONE)
		return 0;
	if (uncertain) {
		if (choose_short(f, c, s) || decode_around(f, c, s->address, s->address + LOOK_BEHIND))
			return -1;
		if (s->tactic != SYSLAYER_TACTIC_NONE)
			return 0;
		i = instruction_at(f, s->address);
		if (i == SIZE_MAX) {
			s->reason = SYSLAYER_REASON_ROOM;
			return 0;
		}
	}
	if (s + 1 < f->sites->s + f->sites->count && s[1].address - s[1].before < free_to)
		free_to = s[1].address - s[1].before;
	certain = certain_from(f, c, s);
	free_from = certain > free_from ? certain : free_from;
	if (try_before(f, i, s, free_from) || try_after(f, i, s, 0, free_to) ||
	    try_around(f, i, s, free_from, free_to))
		return 0;
	if (try_short(f, c, s, &done))
		return -1;
	if (!done)
		s->reason = targets_hit(&f->targets, s->address - 5, s->address + 7) ? SYSLAYER_REASON_TARGET
		                                                                     : SYSLAYER_REASON_ROOM;
	return 0;
}

/* Second pass, when all branch targets near sites are known. */
int choose_in(struct finder *f, const struct code *c)
{
	uint64_t free_from = c->address;

	for (size_t k = 0; k < f->sites->count; k++) {
		struct site *s = f->sites->s + k;

		if (s->address - c->address >= c->size)
			continue;
		/* Sections may overlap. */
		if (s->tactic == SYSLAYER_TACTIC_NONE && s->reason == SYSLAYER_REASON_NONE &&
		    choose(f, c, s, free_from))
			return -1;
		free_from = end_of(s);
	}
	return 0;
}
