// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fill between functions, which a linker or an assembler has put there so that the next one is aligned:
 * nobody goes there, and it has room for a jump that a short one reaches from a site.
 */
#include "finder.h"

/* With a short jump before it, what is replaced must not be more than SITE_MAX. */
#define ROOM_MIN 5
#define ROOM_MAX (SITE_MAX - 2)

/* Calls, until one returns true, for each piece [from, to) of fill that a jump at s reaches. start: of the
 * fill; who comes to it there goes on through the piece. */
typedef bool on_fill(struct finder *f, struct site *s, uint64_t start, uint64_t from, uint64_t to);

/*
 * Whether the padding from instruction i up to *end, another's index, is such fill: execution does not
 * come in from before it, no function has it, and one begins behind it, which it aligns. Longer padding may
 * be data.
 */
static bool is_fill(const struct finder *f, const struct code *c, size_t i, size_t *end)
{
	const struct instruction *in = f->in + i, *before = in - 1;
	uint64_t from = in->address, to, next;
	struct function fn;

	for (*end = i; *end < f->count && f->in[*end].kind == KIND_PADDING; ++*end)
		if (f->in[*end].address + f->in[*end].length - from >= FILL_MAX)
			return false;
	to = f->in[*end - 1].address + f->in[*end - 1].length;
	return before->address + before->length == from && to - from < (to & -to) &&
	       decode_ends(c->bytes + (before->address - c->address), before->length) &&
	       functions_at(&f->functions, from, &fn, &next) && next == to &&
	       !functions_cover(&f->functions, from);
}

static bool each_piece(struct finder *f, struct site *s, size_t i, size_t end, on_fill *call)
{
	const uint64_t start = f->in[i].address;

	while (i < end) {
		const uint64_t from = f->in[i].address;
		const int64_t away = (int64_t)(from - (s->address + 2));
		uint64_t to = from;
		size_t n = i;

		while (n < end && to - from < ROOM_MIN)
			to = f->in[n].address + f->in[n].length, n++;
		if (to - from < ROOM_MIN)
			return false;
		if (to - from > ROOM_MAX) {
			i++;
			continue;
		}
		if (away == (int8_t)away && call(f, s, start, from, to))
			return true;
		i = n;
	}
	return false;
}

/* *found: whether a call returned true. Returns 0 or -1 with errno. */
static int each_fill(struct finder *f, const struct code *c, struct site *s, on_fill *call, bool *found)
{
	const uint64_t look = LOOK_FILL + FILL_MAX;
	uint64_t from = s->address - c->address > look ? s->address - look : c->address;
	size_t end;

	*found = false;
	if (decode_around(f, c, from, s->address + look))
		return -1;
	for (size_t i = instruction_from(f, from); i < f->count && f->in[i].address < s->address + LOOK_FILL;
	     i = end) {
		end = i + 1;
		if (f->in[i].kind != KIND_PADDING || !i || f->in[i - 1].kind == KIND_PADDING ||
		    !is_fill(f, c, i, &end))
			continue;
		*found = each_piece(f, s, i, end, call);
		if (*found)
			break;
	}
	return 0;
}

static bool want(struct finder *f, struct site *s, uint64_t start, uint64_t from, uint64_t to)
{
	(void)s;
	(void)from;
	targets_want(&f->targets, start, to);
	return false;
}

int want_fill(struct finder *f, const struct code *c)
{
	for (size_t k = 0; k < f->sites->count; k++) {
		struct site *s = f->sites->s + k;
		bool found;

		if (s->address - c->address < c->size && each_fill(f, c, s, want, &found))
			return -1;
	}
	return 0;
}

/* What a site replaces, or jumps to, is not further away. */
#define TAKEN_NEAR (2 * LOOK_FILL)

static bool has(const struct site *s, uint64_t from, uint64_t to)
{
	struct site_piece piece[SITE_PIECES];
	unsigned pieces = site_pieces(piece, s);

	for (unsigned i = 0; i < pieces; i++)
		if (piece[i].address < to && from < piece[i].address + piece[i].length)
			return true;
	return false;
}

bool is_taken(const struct finder *f, const struct site *s, uint64_t from, uint64_t to)
{
	const struct site *first = f->sites->s, *end = first + f->sites->count;

	for (const struct site *other = s; other > first && s->address - other[-1].address < TAKEN_NEAR;)
		if (has(--other, from, to))
			return true;
	for (const struct site *other = s + 1; other < end && other->address - s->address < TAKEN_NEAR;
	     other++)
		if (has(other, from, to))
			return true;
	return false;
}

static bool take_fill(struct finder *f, struct site *s, uint64_t start, uint64_t from, uint64_t to)
{
	if (targets_suspected(&f->targets, start, to) || is_taken(f, s, from, to))
		return false;
	s->away = (int8_t)(from - (s->address + 2));
	s->before = 0;
	s->length = (uint8_t)(2 + to - from);
	s->tactic = SYSLAYER_TACTIC_SHORT;
	return true;
}

int try_short(struct finder *f, const struct code *c, struct site *s, bool *done)
{
	*done = false;
	/* It may be gone to, but not into. */
	if (targets_hit(&f->targets, s->address, s->address + 2))
		return 0;
	return each_fill(f, c, s, take_fill, done);
}
