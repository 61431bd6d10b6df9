/* SPDX-License-Identifier: BSD-2-Clause */
/* What call frame information says, row by row (DWARF 5, 6.4.1): how the caller's registers are found. */
#ifndef ENGINE_UNWIND_ROWS_H
#define ENGINE_UNWIND_ROWS_H

#include "eh-frame.h"

/* DWARF 5, 7.24; the last three are GNU's. */
enum {
	CFA_ADVANCE_LOC = 0x40, /* these three have an operand in their low six bits */
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_NOP = 0,
	CFA_SET_LOC,
	CFA_ADVANCE_LOC1,
	CFA_ADVANCE_LOC2,
	CFA_ADVANCE_LOC4,
	CFA_OFFSET_EXTENDED,
	CFA_RESTORE_EXTENDED,
	CFA_UNDEFINED,
	CFA_SAME_VALUE,
	CFA_REGISTER,
	CFA_REMEMBER_STATE,
	CFA_RESTORE_STATE,
	CFA_DEF_CFA,
	CFA_DEF_CFA_REGISTER,
	CFA_DEF_CFA_OFFSET,
	CFA_DEF_CFA_EXPRESSION,
	CFA_EXPRESSION,
	CFA_OFFSET_EXTENDED_SF,
	CFA_DEF_CFA_SF,
	CFA_DEF_CFA_OFFSET_SF,
	CFA_VAL_OFFSET,
	CFA_VAL_OFFSET_SF,
	CFA_VAL_EXPRESSION,
	CFA_GNU_ARGS_SIZE = 0x2e,
};

/* The general registers of x86-64 in DWARF's order, and the return address. */
#define UNWIND_REGISTERS 17
#define UNWIND_RETURN_ADDRESS 16

enum unwind_how {
	UNWIND_UNSPECIFIED,
	UNWIND_UNDEFINED,
	UNWIND_SAME,
	UNWIND_OFFSET,     /* stands in memory at CFA + value */
	UNWIND_VAL_OFFSET, /* is CFA + value */
	UNWIND_REGISTER,   /* is in register `value`; as the CFA's rule: that and `more` */
	UNWIND_EXPRESSION, /* stands where the expression says; the CFA is what it says */
	UNWIND_VAL_EXPRESSION,
};

struct unwind_rule {
	enum unwind_how how;
	int64_t value, more;
	const unsigned char *expression;
	uint64_t length;
};

struct unwind_row {
	uint64_t address; /* from here on */
	struct unwind_rule cfa;
	struct unwind_rule reg[UNWIND_REGISTERS];
};

bool unwind_same_rule(const struct unwind_rule *a, const struct unwind_rule *b);

/*
 * Call for each row of the FDE in ascending order, the first one at its start. Returns 0; -1 when
 * the call has returned that, or when the program has what is not understood.
 */
typedef int on_row(void *context, const struct unwind_row *row);
int unwind_each_row(const struct fde *fde, on_row *call, void *context);

#endif
