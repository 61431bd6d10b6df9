// SPDX-License-Identifier: BSD-2-Clause
/* Checks each site and its trampoline, by making both anew from the table. */
#include <inttypes.h>
#include <string.h>
#include "../../runtime/runtime.h"
#include "blobs.h"
#include "unwind.h"
#include "verify.h"

#define NR_MUNMAP 11
#define NR_RT_SIGRETURN 15
#define NR_CLONE 56
#define NR_VFORK 58
#define NR_EXIT 60
#define NR_CLONE3 435

/* The ways a call of that number may be made; which of them the code around the site has decided. */
static unsigned ways(int32_t number)
{
	switch (number) {
	case SITE_UNKNOWN:
		return 1u << WAY_GATE;
	case NR_CLONE:
	case NR_VFORK:
	case NR_CLONE3:
		return 1u << WAY_ASK;
	case NR_MUNMAP:
		return 1u << WAY_SLOT | 1u << WAY_ASK;
	case NR_EXIT:
		return 1u << WAY_LAST;
	default:
		return (uint32_t)number < SYSLAYER_SLOT_COUNT && number != NR_RT_SIGRETURN ? 1u << WAY_SLOT
		                                                                           : 0;
	}
}

/* A site that is as it was: a system call stands there, and the row says no more than why. */
static int verify_left(const struct added *a, const struct syslayer_site *row, uint64_t at, struct error *e)
{
	uint64_t address = a->address + (uint64_t)(int64_t)row->address;
	const unsigned char *code = object_at(a->o, address, 2);

	if (!code || code[0] != 0x0f || code[1] != 0x05)
		return WRONG(e, "site address", at, "no system call at 0x%" PRIx64, address);
	if (row->reason == SYSLAYER_REASON_NONE || row->trampoline || row->before || row->length)
		return WRONG(e, "site reason", at, "the site at 0x%" PRIx64 " is neither rewritten nor left",
		             address);
	return 0;
}

static enum syslayer_tactic displaced(unsigned before, unsigned behind)
{
	if (before && behind)
		return SYSLAYER_TACTIC_AROUND;
	return before ? SYSLAYER_TACTIC_BEFORE : SYSLAYER_TACTIC_AFTER;
}

static bool is_fill(const unsigned char *code, uint64_t length)
{
	struct instruction in = {.length = 0};
	ZydisDecoder d;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (; length; code += in.length, length -= in.length) {
		decode(&d, code, length, &in);
		if (in.kind != KIND_PADDING)
			return false;
	}
	return true;
}

/* What the row says of the bytes that were replaced: the call is among them, or stays behind them. */
static bool row_fits(const struct added *a, const struct site_row *s)
{
	const struct syslayer_site *row = &s->row;
	const unsigned char *code = s->original;
	struct cancel_point p;
	unsigned at = row->before;

	if (row->length > SITE_MAX || row->length < 5 || row->reason)
		return false;
	if (row->tactic == SYSLAYER_TACTIC_SHORT)
		return row->length >= 2 + 5 && code[0] == 0x0f && code[1] == 0x05 &&
		       is_fill(code + 2, row->length - 2u);
	if (row->tactic != SYSLAYER_TACTIC_RANGE)
		return at + 2u <= row->length && code[at] == 0x0f && code[at + 1] == 0x05 &&
		       row->tactic == displaced(at, row->length - at - 2u);
	code = object_at(a->o, a->address + (uint64_t)(int64_t)row->address - at, at + 2u);
	if (!code || at < row->length || code[at] != 0x0f || code[at + 1] != 0x05)
		return false;
	/* The rest of the moves stands there still. */
	return !cancel_point(s->original, row->length, &p) ||
	       (at == p.length + (unsigned)CANCEL_MOVES &&
	        !memcmp(code + row->length, cancel_moves + (row->length - p.length), at - row->length));
}

static int verify_pieces(const struct added *a, const struct site *s, const unsigned char *must,
                         struct error *e)
{
	struct site_piece piece[SITE_PIECES];
	const unsigned pieces = site_pieces(piece, s);

	for (unsigned i = 0; i < pieces; must += piece[i++].length) {
		const unsigned char *code = object_at(a->o, piece[i].address, piece[i].length);

		if (memcmp(code, must, piece[i].length) != 0)
			return WRONG(e, "site", (uint64_t)(code - a->o->data),
			             "the site at 0x%" PRIx64 " does not go to its trampoline", s->address);
	}
	return 0;
}

/* *next: where the next trampoline may begin, in the block. */
static int verify_rewritten(const struct added *a, const struct site_row *is, const struct gates *g,
                            struct unwind *u, uint64_t *next, struct error *e)
{
	const struct syslayer_site *row = &is->row;
	const uint64_t at = a->offset + is->at;
	struct site s = site_of_row(a, row);
	struct site_piece piece[SITE_PIECES];
	const unsigned pieces = site_pieces(piece, &s);
	const unsigned char *trampoline;
	struct trampoline t;

	if (!row_fits(a, is))
		return WRONG(e, "site", at, "the row of 0x%" PRIx64 " makes no sense", s.address);
	for (; (a->address + *next) % TRAMPOLINE_ALIGN; ++*next) {
		const unsigned char *fill = added_at(a, *next, 1);

		if (!fill || *fill != 0xcc)
			return WRONG(e, "trampoline", a->offset + *next, "the fill is not int3");
	}
	if (row->trampoline != *next)
		return WRONG(e, "site trampoline", at, "0x%x, must be 0x%" PRIx64, row->trampoline, *next);
	for (unsigned i = 0; i < pieces; i++)
		if (!object_at(a->o, piece[i].address, piece[i].length))
			return WRONG(e, "site address", at, "0x%" PRIx64 " is not in the file",
			             piece[i].address);
	for (unsigned way = WAY_SLOT; way <= WAY_LAST; way++) {
		if (!(ways(row->number) & 1u << way))
			continue;
		s.way = (enum site_way)way;
		if (trampoline_make(&t, a, &s, g, is->original, a->address + row->trampoline, e)) {
			e->status = STATUS_NEGATIVE;
			return -1;
		}
		trampoline = added_at(a, row->trampoline, t.size);
		if (!trampoline || memcmp(trampoline, t.code, t.size) != 0)
			continue;
		if (verify_pieces(a, &s, t.site, e))
			return -1;
		if (unwind_add(u, &s, &t, a->address + row->trampoline))
			return fail_errno(e, "sites");
		*next += t.size;
		return 0;
	}
	return WRONG(e, "trampoline", a->offset + row->trampoline,
	             "not what the site at 0x%" PRIx64 ", call %d, must have", s.address, row->number);
}

static int verify_rows(const struct added *a, struct unwind *u, size_t *rewritten, struct error *e)
{
	const struct syslayer_added *b = &a->block;
	struct runtime_entries entries;
	struct gates g;
	uint64_t next = b->trampolines;
	int64_t last = INT64_MIN;
	struct site_row s = {0};
	int more;

	memcpy(&entries, blob_runtime + sizeof *b, sizeof entries);
	g = (struct gates){.call = a->address + entries.gate, .ask = a->address + entries.ask};
	u->gate = a->address + entries.gate;
	u->gate_end = a->address + entries.gate_end;
	while ((more = site_row_next(&s, a)) > 0) {
		bool left = s.row.tactic == SYSLAYER_TACTIC_NONE;

		if (s.row.address <= last)
			return WRONG(e, "site address", a->offset + s.at, "not above the one before");
		last = s.row.address;
		if (left ? verify_left(a, &s.row, a->offset + s.at, e)
		         : verify_rewritten(a, &s, &g, u, &next, e))
			return -1;
		*rewritten += !left;
	}
	if (more)
		return WRONG(e, "block sites", a->offset + offsetof(struct syslayer_added, sites),
		             "the table of sites goes over the end of the block");
	if (next != (uint64_t)b->trampolines + b->trampolines_size)
		return WRONG(e, "block trampolines_size",
		             a->offset + offsetof(struct syslayer_added, trampolines_size),
		             "0x%x, and they end at 0x%" PRIx64, b->trampolines_size, next - b->trampolines);
	return 0;
}

int verify_sites(const struct added *a, struct error *e)
{
	struct unwind u = {0};
	size_t rewritten = 0;
	int result = -1;

	if (!a->block.runtime)
		return 0;
	if (verify_rows(a, &u, &rewritten, e))
		goto out;
	/* Who has stripped the file may have taken what says that it is needed. */
	if (!a->block.unwind && unwind_is_needed(a, rewritten)) {
		WRONG(e, "block unwind", a->offset + offsetof(struct syslayer_added, unwind),
		      "there is none");
		goto out;
	}
	result = a->block.unwind ? unwind_verify(a, &u, e) : 0;
out:
	unwind_free(&u);
	return result;
}
