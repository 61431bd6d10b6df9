// SPDX-License-Identifier: BSD-2-Clause
/* Interprets the instructions of call frame information (DWARF 5, 6.4.2). */
#include <string.h>
#include "unwind-rows.h"

#define REMEMBERED 8

struct machine {
	const struct cie *cie;
	struct unwind_row row, initial, stack[REMEMBERED];
	unsigned depth;
	struct unwind_rule other;
	on_row *call;
	void *context;
};

bool unwind_same_rule(const struct unwind_rule *a, const struct unwind_rule *b)
{
	return a->how == b->how && a->value == b->value && a->more == b->more && a->length == b->length &&
	       (!a->length || !memcmp(a->expression, b->expression, a->length));
}

/* The rule of a register that an operand names; vector registers, which nothing saves, share one. */
static struct unwind_rule *rule(struct machine *m, struct cursor *c, uint64_t reg)
{
	if (reg > 127)
		c->bad = true;
	return reg < UNWIND_REGISTERS ? m->row.reg + reg : &m->other;
}

static void set(struct unwind_rule *r, enum unwind_how how, int64_t value)
{
	*r = (struct unwind_rule){.how = how, .value = value};
}

static void set_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->row.cfa = (struct unwind_rule){.how = UNWIND_REGISTER, .value = (int64_t)reg, .more = offset};
}

static void set_expression(struct unwind_rule *r, struct cursor *c, enum unwind_how how)
{
	uint64_t length = take_leb128(c);

	*r = (struct unwind_rule){.how = how, .length = length, .expression = take(c, length)};
}

static void restore(struct machine *m, struct cursor *c, uint64_t reg)
{
	if (reg < UNWIND_REGISTERS)
		m->row.reg[reg] = m->initial.reg[reg];
	else
		rule(m, c, reg);
}

static int advance(struct machine *m, uint64_t by)
{
	if (by && m->call && m->call(m->context, &m->row))
		return -1;
	m->row.address += by * m->cie->code_align;
	return 0;
}

static int64_t factored(const struct machine *m, uint64_t n)
{
	return (int64_t)((uint64_t)m->cie->data_align * n);
}

/* What concerns registers; false: not one of those. */
static bool set_register(struct machine *m, struct cursor *c, unsigned op)
{
	uint64_t reg;

	if (op < CFA_OFFSET_EXTENDED || (op > CFA_REGISTER && op < CFA_EXPRESSION) ||
	    (op > CFA_OFFSET_EXTENDED_SF && op < CFA_VAL_OFFSET) || op > CFA_VAL_EXPRESSION)
		return false;
	reg = take_leb128(c);
	switch (op) {
	case CFA_OFFSET_EXTENDED:
		set(rule(m, c, reg), UNWIND_OFFSET, factored(m, take_leb128(c)));
		break;
	case CFA_OFFSET_EXTENDED_SF:
		set(rule(m, c, reg), UNWIND_OFFSET, factored(m, (uint64_t)take_sleb128(c)));
		break;
	case CFA_VAL_OFFSET:
		set(rule(m, c, reg), UNWIND_VAL_OFFSET, factored(m, take_leb128(c)));
		break;
	case CFA_VAL_OFFSET_SF:
		set(rule(m, c, reg), UNWIND_VAL_OFFSET, factored(m, (uint64_t)take_sleb128(c)));
		break;
	case CFA_RESTORE_EXTENDED:
		restore(m, c, reg);
		break;
	case CFA_UNDEFINED:
		set(rule(m, c, reg), UNWIND_UNDEFINED, 0);
		break;
	case CFA_SAME_VALUE:
		set(rule(m, c, reg), UNWIND_SAME, 0);
		break;
	case CFA_REGISTER:
		set(rule(m, c, reg), UNWIND_REGISTER, (int64_t)take_leb128(c));
		break;
	case CFA_EXPRESSION:
		set_expression(rule(m, c, reg), c, UNWIND_EXPRESSION);
		break;
	default:
		set_expression(rule(m, c, reg), c, UNWIND_VAL_EXPRESSION);
	}
	return true;
}

static int step(struct machine *m, struct cursor *c)
{
	unsigned op = *take(c, 1), low = op & 0x3f;
	uint64_t address;

	switch (op & 0xc0) {
	case CFA_ADVANCE_LOC:
		return advance(m, low);
	case CFA_OFFSET:
		set(rule(m, c, low), UNWIND_OFFSET, factored(m, take_leb128(c)));
		return 0;
	case CFA_RESTORE:
		restore(m, c, low);
		return 0;
	}
	if (set_register(m, c, op))
		return 0;
	switch (op) {
	case CFA_NOP:
		return 0;
	case CFA_SET_LOC:
		address = take_pointer(c, m->cie->encoding, true);
		if (c->bad || address < m->row.address || (m->call && m->call(m->context, &m->row)))
			return -1;
		m->row.address = address;
		return 0;
	case CFA_ADVANCE_LOC1:
		return advance(m, take_fixed(c, 1));
	case CFA_ADVANCE_LOC2:
		return advance(m, take_fixed(c, 2));
	case CFA_ADVANCE_LOC4:
		return advance(m, take_fixed(c, 4));
	case CFA_REMEMBER_STATE:
		if (m->depth == REMEMBERED)
			return -1;
		m->stack[m->depth++] = m->row;
		return 0;
	case CFA_RESTORE_STATE:
		if (!m->depth)
			return -1;
		address = m->row.address;
		m->row = m->stack[--m->depth];
		m->row.address = address;
		return 0;
	case CFA_DEF_CFA:
		address = take_leb128(c);
		set_cfa(m, address, (int64_t)take_leb128(c));
		return 0;
	case CFA_DEF_CFA_SF:
		address = take_leb128(c);
		set_cfa(m, address, factored(m, (uint64_t)take_sleb128(c)));
		return 0;
	case CFA_DEF_CFA_REGISTER:
		m->row.cfa.value = (int64_t)take_leb128(c);
		return m->row.cfa.how == UNWIND_REGISTER ? 0 : -1;
	case CFA_DEF_CFA_OFFSET:
		m->row.cfa.more = (int64_t)take_leb128(c);
		return m->row.cfa.how == UNWIND_REGISTER ? 0 : -1;
	case CFA_DEF_CFA_OFFSET_SF:
		m->row.cfa.more = factored(m, (uint64_t)take_sleb128(c));
		return m->row.cfa.how == UNWIND_REGISTER ? 0 : -1;
	case CFA_DEF_CFA_EXPRESSION:
		set_expression(&m->row.cfa, c, UNWIND_EXPRESSION);
		return 0;
	case CFA_GNU_ARGS_SIZE:
		take_leb128(c);
		return 0;
	}
	return -1;
}

static int run(struct machine *m, struct cursor c)
{
	while (c.p < c.end)
		if (step(m, &c) || c.bad)
			return -1;
	return 0;
}

int unwind_each_row(const struct fde *fde, on_row *call, void *context)
{
	struct machine m = {.cie = &fde->cie};

	if (run(&m, fde->cie.program) || fde->cie.return_address != UNWIND_RETURN_ADDRESS)
		return -1;
	m.initial = m.row;
	m.row.address = fde->start;
	m.call = call;
	m.context = context;
	if (run(&m, fde->program))
		return -1;
	return call(context, &m.row);
}
