// SPDX-License-Identifier: BSD-2-Clause
/* Writes trampolines: displaced instructions, the slot's frame, and the way back. syslayer-abi(7), "The
 * call". */
#include <string.h>
#include "unwind.h"

struct emitter {
	struct trampoline *t;
	uint64_t address; /* of the code */
	struct error *e;
};

static void bytes(struct emitter *m, const void *p, unsigned n)
{
	memcpy(m->t->code + m->t->size, p, n);
	m->t->size += n;
}

/* From here on, the stack is as at the source, from the start of the site. */
static void mark(struct emitter *m, uint64_t source, bool lowered)
{
	m->t->mark[m->t->marks++] = (struct trampoline_mark){
	    .offset = (uint8_t)m->t->size, .source = (uint8_t)source, .lowered = lowered};
}

#define BYTES(m, ...)                                                                                        \
	bytes(m, (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__}))

/* A 32-bit displacement from its own end (plus `behind` more bytes of the instruction). */
static int displacement(struct emitter *m, uint64_t target, unsigned behind)
{
	int64_t d = (int64_t)(target - (m->address + m->t->size + 4 + behind));
	int32_t d32 = (int32_t)d;

	if (d != d32)
		return fail(m->e, STATUS_UNSUPPORTED, ".text", NO_OFFSET,
		            "code is more than 2 GiB from its trampolines");
	bytes(m, &d32, 4);
	return 0;
}

static int jump(struct emitter *m, uint64_t target)
{
	BYTES(m, 0xe9);
	return displacement(m, target, 0);
}

static int jump_to_slot(struct emitter *m, uint64_t slot)
{
	m->t->slot = m->t->size + 1;
	return jump(m, slot);
}

/* Move instructions, which stood at `source` of the site, to here; an operand relative to rip keeps its
 * target.
 */
static int move(struct emitter *m, const unsigned char *code, uint64_t address, unsigned length,
                unsigned source)
{
	ZydisDecoder d;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (unsigned at = 0; at < length;) {
		ZydisDecodedInstruction z;

		if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&d, NULL, code + at, length - at, &z)))
			return fail(m->e, STATUS_TROUBLE, ".text", NO_OFFSET,
			            "an instruction changed under way");
		mark(m, source + at, false);
		if (z.attributes & ZYDIS_ATTRIB_IS_RELATIVE && z.raw.disp.size == 32) {
			unsigned behind = z.length - z.raw.disp.offset - 4u;

			bytes(m, code + at, z.raw.disp.offset);
			if (displacement(m, address + at + z.length + (uint64_t)z.raw.disp.value, behind))
				return -1;
			bytes(m, code + at + z.raw.disp.offset + 4, behind);
		} else {
			bytes(m, code + at, z.length);
		}
		at += z.length;
	}
	return 0;
}

/* lea -136(%rsp),%rsp; source: of the call, in the site */
static void lower(struct emitter *m, unsigned source)
{
	int32_t down = -SYSLAYER_FRAME;

	mark(m, source, false);
	BYTES(m, 0x48, 0x8d, 0xa4, 0x24);
	bytes(m, &down, 4);
	mark(m, source, true);
}

/* The stack lowered; lea target(%rip),%rcx; mov %rcx,(%rsp) */
static int frame(struct emitter *m, uint64_t target, unsigned source)
{
	lower(m, source);
	BYTES(m, 0x48, 0x8d, 0x0d);
	if (displacement(m, target, 0))
		return -1;
	BYTES(m, 0x48, 0x89, 0x0c, 0x24);
	return 0;
}

#define FRAME_SIZE 19
#define JUMP_SIZE 5
#define GAP_SIZE 1

static uint64_t here(const struct emitter *m)
{
	return m->address + m->t->size;
}

/* Where the next instruction is when a frame, a jump and a gap are written. */
static uint64_t behind_call(const struct emitter *m)
{
	return here(m) + FRAME_SIZE + JUMP_SIZE + GAP_SIZE;
}

/*
 * Behind a jump that is come back from. Unwinders look for a caller's row one byte before the
 * place where it goes on: in the jump the stack would be lower than it is then.
 */
static void gap(struct emitter *m, unsigned source)
{
	mark(m, source, false);
	BYTES(m, 0xcc);
}

/* The call itself; where it goes on is right behind, or `back` when there is nothing to do there. */
static int call(struct emitter *m, const struct added *a, const struct site *s, const struct gates *g,
                uint64_t back)
{
	uint64_t slot = a->section + (uint64_t)(uint32_t)s->number * SYSLAYER_SLOT_SIZE;

	switch (s->way) {
	case WAY_SLOT:
		if (frame(m, back ? back : behind_call(m), s->before) || jump_to_slot(m, slot))
			return -1;
		if (!back)
			gap(m, s->before);
		return 0;
	case WAY_GATE:
		/* The gate finds this syscall instruction two bytes before where the site goes on. */
		if (frame(m, behind_call(m) + 2, s->before) || jump(m, g->call))
			return -1;
		gap(m, s->before);
		BYTES(m, 0x0f, 0x05);
		return 0;
	case WAY_ASK:
		/* jrcxz over the jmp to the syscall, jmp over the syscall */
		if (frame(m, behind_call(m), s->before) || jump_to_slot(m, slot + SYSLAYER_SLOT_ASK))
			return -1;
		gap(m, s->before);
		BYTES(m, 0xe3, 0x02, 0xeb, 0x02, 0x0f, 0x05);
		return 0;
	case WAY_LAST:
		lower(m, s->before);
		if (jump_to_slot(m, slot))
			return -1;
		gap(m, s->before);
		return 0;
	}
	return -1;
}

/* Ask, then go on at the call's range, or behind the call. */
static int range(struct emitter *m, const struct site *s, const struct gates *g,
                 const unsigned char *original, uint64_t start)
{
	struct cancel_point p;
	bool known = cancel_point(original, s->length, &p);
	unsigned resume = known ? JUMP_SIZE : s->length;

	/* The stack is the same at all of the moves. */
	mark(m, 0, false);
	if (known)
		bytes(m, cancel_moves, CANCEL_MOVES);
	else if (move(m, original, start, s->length, 0))
		return -1;
	if (frame(m, behind_call(m), resume) || jump(m, g->ask))
		return -1;
	gap(m, resume);
	BYTES(m, 0xe3, JUMP_SIZE); /* jrcxz over the jump behind the call */
	if (jump(m, s->address + 2))
		return -1;
	if (known)
		BYTES(m, 0x4c, 0x8b, 0x5c, 0x24,
		      0x08); /* mov 8(%rsp),%r11: the flag's address, as it was moved */
	return jump(m, start + resume);
}

/* What follows the jump at the start of a range that is known: the test of the flag, and on to the call. */
static void range_site(unsigned char *site, const struct site *s, const unsigned char *original)
{
	struct cancel_point p;
	unsigned at = JUMP_SIZE;
	int32_t away;

	if (!cancel_point(original, s->length, &p))
		return;
	memcpy(site + at, p.test, sizeof p.test);
	at += sizeof p.test;
	away = p.away + p.length - (s->length - 2);
	if (p.near) {
		site[at++] = 0x0f;
		site[at++] = 0x85;
		memcpy(site + at, &away, 4);
		at += 4;
	} else {
		site[at++] = 0x75;
		site[at++] = (unsigned char)away;
	}
	site[at++] = 0xeb;
	site[at] = (unsigned char)(s->before - s->length);
}

int trampoline_make(struct trampoline *t, const struct added *a, const struct site *s, const struct gates *g,
                    const unsigned char *original, uint64_t address, struct error *e)
{
	struct site_piece piece[SITE_PIECES];
	const struct site_piece *jump_in = piece + site_pieces(piece, s) - 1;
	uint64_t start = piece->address, end = start + piece->length;
	bool back_at_once = s->way == WAY_SLOT && end == s->address + 2;
	struct emitter m = {.t = t, .address = address, .e = e};
	int64_t away = (int64_t)(address - (jump_in->address + JUMP_SIZE));
	unsigned behind = s->before + 2u;
	unsigned char *site = t->site;
	int32_t d = (int32_t)away;

	t->size = t->marks = t->slot = 0;
	if (s->tactic == SYSLAYER_TACTIC_RANGE) {
		if (range(&m, s, g, original, start))
			return -1;
	} else if (move(&m, original, start, s->before, 0) || call(&m, a, s, g, back_at_once ? end : 0)) {
		return -1;
	} else if (!back_at_once) {
		if (move(&m, original + behind, s->address + 2, piece->length - behind, behind))
			return -1;
		mark(&m, piece->length, false);
		if (jump(&m, end))
			return -1;
	}
	if (away != d)
		return fail(e, STATUS_UNSUPPORTED, ".text", NO_OFFSET,
		            "code is more than 2 GiB from its trampolines");
	memset(t->site, 0xcc, sizeof t->site);
	if (s->tactic == SYSLAYER_TACTIC_SHORT) {
		*site++ = 0xeb;
		*site++ = (unsigned char)s->away;
	}
	site[0] = 0xe9;
	memcpy(site + 1, &d, 4);
	if (s->tactic == SYSLAYER_TACTIC_RANGE)
		range_site(t->site, s, original);
	return 0;
}

int trampoline_emit(struct added *a, const struct site *s, const struct gates *g,
                    const unsigned char *original, struct unwind *u, uint32_t *offset, uint32_t *slot,
                    struct error *e)
{
	struct object *o = a->o;
	struct site_piece piece[SITE_PIECES];
	unsigned pieces = site_pieces(piece, s);
	const unsigned char *now;
	struct trampoline t;

	while (added_here_address(a) % TRAMPOLINE_ALIGN)
		if (object_append(o, "\xcc", 1))
			return fail_errno(e, "trampolines");
	*offset = (uint32_t)added_here(a);
	if (trampoline_make(&t, a, s, g, original, added_here_address(a), e))
		return -1;
	*slot = t.slot ? *offset + t.slot : 0;
	if (unwind_add(u, s, &t, added_here_address(a)) || object_append(o, t.code, t.size))
		return fail_errno(e, "trampolines");
	now = t.site;
	for (unsigned i = 0; i < pieces; now += piece[i++].length) {
		const unsigned char *code = object_at(o, piece[i].address, piece[i].length);

		if (!code || object_patch(o, (uint64_t)(code - o->data), now, piece[i].length))
			return fail_errno(e, "edits");
	}
	return 0;
}

int trampoline_link(struct added *a, const uint32_t *slot, size_t count, uint64_t was, struct error *e)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char *field = a->o->tail + (a->offset + slot[i] - a->o->tail_offset);
		int32_t d;
		int64_t to;

		if (!slot[i])
			continue;
		memcpy(&d, field, sizeof d);
		to = d + (int64_t)(a->section - was);
		d = (int32_t)to;
		if (d != to)
			return fail(e, STATUS_UNSUPPORTED, ".text", NO_OFFSET,
			            "the section is more than 2 GiB from a trampoline");
		memcpy(field, &d, sizeof d);
	}
	return 0;
}
