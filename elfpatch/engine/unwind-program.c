// SPDX-License-Identifier: BSD-2-Clause
/* Writes call frame information (DWARF 5, 6.4; LSB 5.0, 10.6). */
#include <stdlib.h>
#include <string.h>
#include "unwind-program.h"

#define RSP 7
/* All that x86-64 saves is 8 bytes large. */
#define DATA_ALIGN (-8)

void unwind_put(struct unwind_bytes *b, const void *p, uint64_t n)
{
	if (!n)
		return;
	if (b->size + n > b->room) {
		uint64_t room = 2 * (b->size + n) + 1024;
		unsigned char *grown = realloc(b->p, room);

		if (!grown) {
			b->failed = true;
			return;
		}
		b->p = grown;
		b->room = room;
	}
	memcpy(b->p + b->size, p, n);
	b->size += n;
}

void unwind_put_fixed(struct unwind_bytes *b, uint64_t value, unsigned size)
{
	unwind_put(b, &value, size);
}

static void put_leb128(struct unwind_bytes *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		unwind_put_fixed(b, (value & 0x7f) | 0x80, 1);
	unwind_put_fixed(b, value, 1);
}

static void put_sleb128(struct unwind_bytes *b, int64_t value)
{
	for (; value < -0x40 || value >= 0x40; value >>= 7)
		unwind_put_fixed(b, ((uint64_t)value & 0x7f) | 0x80, 1);
	unwind_put_fixed(b, (uint64_t)value & 0x7f, 1);
}

static void put_expression(struct unwind_bytes *b, const struct unwind_rule *r)
{
	put_leb128(b, r->length);
	unwind_put(b, r->expression, r->length);
}

/* The row that the CIE's own instructions make: as it is behind a call. */
static const struct unwind_row at_entry = {
    .cfa = {.how = UNWIND_REGISTER, .value = RSP, .more = 8},
    .reg[UNWIND_RETURN_ADDRESS] = {.how = UNWIND_OFFSET, .value = -8},
};

void unwind_program_begin(struct unwind_program *p, uint64_t start)
{
	*p = (struct unwind_program){.start = start, .row = at_entry};
	p->row.address = start;
}

void unwind_nothing_known(struct unwind_row *row)
{
	uint64_t address = row->address;

	*row = at_entry;
	row->address = address;
	row->reg[UNWIND_RETURN_ADDRESS] = (struct unwind_rule){.how = UNWIND_UNDEFINED};
}

static void put_advance(struct unwind_bytes *b, uint64_t by)
{
	for (; by > UINT32_MAX; by -= UINT32_MAX) {
		unwind_put_fixed(b, CFA_ADVANCE_LOC4, 1);
		unwind_put_fixed(b, UINT32_MAX, 4);
	}
	if (by < 0x40) {
		unwind_put_fixed(b, CFA_ADVANCE_LOC | by, 1);
	} else if (by <= UINT8_MAX) {
		unwind_put_fixed(b, CFA_ADVANCE_LOC1, 1);
		unwind_put_fixed(b, by, 1);
	} else if (by <= UINT16_MAX) {
		unwind_put_fixed(b, CFA_ADVANCE_LOC2, 1);
		unwind_put_fixed(b, by, 2);
	} else {
		unwind_put_fixed(b, CFA_ADVANCE_LOC4, 1);
		unwind_put_fixed(b, by, 4);
	}
}

static void put_cfa(struct unwind_bytes *b, const struct unwind_rule *from, const struct unwind_rule *to)
{
	if (to->how == UNWIND_EXPRESSION) {
		unwind_put_fixed(b, CFA_DEF_CFA_EXPRESSION, 1);
		put_expression(b, to);
	} else if (from->how != UNWIND_REGISTER || (from->value != to->value && from->more != to->more)) {
		unwind_put_fixed(b, CFA_DEF_CFA, 1);
		put_leb128(b, (uint64_t)to->value);
		put_leb128(b, (uint64_t)to->more);
	} else if (from->value != to->value) {
		unwind_put_fixed(b, CFA_DEF_CFA_REGISTER, 1);
		put_leb128(b, (uint64_t)to->value);
	} else {
		unwind_put_fixed(b, CFA_DEF_CFA_OFFSET, 1);
		put_leb128(b, (uint64_t)to->more);
	}
}

static void put_register(struct unwind_bytes *b, unsigned reg, const struct unwind_rule *to)
{
	int64_t value = to->value / DATA_ALIGN;

	/* libgcc takes "as in the CIE" for "not saved": for a return address that is a frame without end. */
	if (to->how == UNWIND_UNSPECIFIED && unwind_same_rule(to, at_entry.reg + reg)) {
		unwind_put_fixed(b, CFA_RESTORE | reg, 1);
		return;
	}
	if (to->how == UNWIND_OFFSET && value >= 0) {
		unwind_put_fixed(b, CFA_OFFSET | reg, 1);
		put_leb128(b, (uint64_t)value);
		return;
	}
	static const unsigned char ops[] = {
	    [UNWIND_UNSPECIFIED] = CFA_SAME_VALUE,   [UNWIND_UNDEFINED] = CFA_UNDEFINED,
	    [UNWIND_SAME] = CFA_SAME_VALUE,          [UNWIND_OFFSET] = CFA_OFFSET_EXTENDED_SF,
	    [UNWIND_VAL_OFFSET] = CFA_VAL_OFFSET_SF, [UNWIND_REGISTER] = CFA_REGISTER,
	    [UNWIND_EXPRESSION] = CFA_EXPRESSION,    [UNWIND_VAL_EXPRESSION] = CFA_VAL_EXPRESSION,
	};
	unwind_put_fixed(b, ops[to->how], 1);
	put_leb128(b, reg);
	if (to->how == UNWIND_OFFSET || to->how == UNWIND_VAL_OFFSET)
		put_sleb128(b, value);
	else if (to->how == UNWIND_REGISTER)
		put_leb128(b, (uint64_t)to->value);
	else if (to->length)
		put_expression(b, to);
}

static bool can_be_written(const struct unwind_row *row)
{
	if (row->cfa.how == UNWIND_REGISTER ? row->cfa.more < 0 : row->cfa.how != UNWIND_EXPRESSION)
		return false;
	for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
		if ((row->reg[i].how == UNWIND_OFFSET || row->reg[i].how == UNWIND_VAL_OFFSET) &&
		    row->reg[i].value % DATA_ALIGN)
			return false;
	return true;
}

static bool same_rules(const struct unwind_row *a, const struct unwind_row *b)
{
	bool same = unwind_same_rule(&a->cfa, &b->cfa);

	for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
		same &= unwind_same_rule(a->reg + i, b->reg + i);
	return same;
}

void unwind_program_keep(struct unwind_program *p)
{
	unwind_put_fixed(&p->bytes, CFA_REMEMBER_STATE, 1);
	p->kept = p->row;
	p->keeps = true;
}

void unwind_program_row(struct unwind_program *p, const struct unwind_row *row)
{
	struct unwind_row to = *row;

	if (!can_be_written(&to))
		unwind_nothing_known(&to);
	if (same_rules(&p->row, &to))
		return;
	if (to.address != p->row.address)
		put_advance(&p->bytes, to.address - p->row.address);
	if (p->keeps && same_rules(&p->kept, &to)) {
		unwind_put_fixed(&p->bytes, CFA_RESTORE_STATE, 1);
		p->keeps = false;
		p->row = to;
		return;
	}
	if (!unwind_same_rule(&p->row.cfa, &to.cfa))
		put_cfa(&p->bytes, &p->row.cfa, &to.cfa);
	for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
		if (!unwind_same_rule(p->row.reg + i, to.reg + i))
			put_register(&p->bytes, i, to.reg + i);
	p->row = to;
}

/* Fill with CFA_NOP, and write the length of the entry that began there. */
static void end_entry(struct unwind_bytes *b, uint64_t began)
{
	static const unsigned char nops[8];
	uint32_t length;

	unwind_put(b, nops, -b->size & 7);
	length = (uint32_t)(b->size - began - sizeof length);
	if (!b->failed)
		memcpy(b->p + began, &length, sizeof length);
}

void unwind_write(struct unwind_bytes *b, uint64_t address, bool debug, const struct unwind_program *p,
                  unsigned count, uint64_t *fde)
{
	/* Version, augmentation, alignments, return address; of .eh_frame the encoding; the row at entry. */
	static const unsigned char eh[] = {
	    1, 'z', 'R', 0, 1, DATA_ALIGN & 0x7f, UNWIND_RETURN_ADDRESS, 1, PE_PCREL | PE_SDATA8};
	static const unsigned char plain[] = {1, 0, 1, DATA_ALIGN & 0x7f, UNWIND_RETURN_ADDRESS};
	static const unsigned char entry[] = {CFA_DEF_CFA, RSP, 8, CFA_OFFSET | UNWIND_RETURN_ADDRESS, 1};
	uint64_t cie = b->size;

	unwind_put_fixed(b, 0, 4);
	unwind_put_fixed(b, debug ? UINT32_MAX : 0, 4);
	unwind_put(b, debug ? plain : eh, debug ? sizeof plain : sizeof eh);
	unwind_put(b, entry, sizeof entry);
	end_entry(b, cie);
	for (unsigned i = 0; i < count; i++) {
		fde[i] = b->size;
		unwind_put_fixed(b, 0, 4);
		unwind_put_fixed(b, debug ? cie : b->size - cie, 4);
		unwind_put_fixed(b, debug ? p[i].start : p[i].start - (address + b->size), 8);
		unwind_put_fixed(b, p[i].end - p[i].start, 8);
		if (!debug)
			unwind_put_fixed(b, 0, 1); /* augmentation data */
		unwind_put(b, p[i].bytes.p, p[i].bytes.size);
		end_entry(b, fde[i]);
		b->failed |= p[i].bytes.failed;
	}
	if (!debug)
		unwind_put_fixed(b, 0, 4);
}
