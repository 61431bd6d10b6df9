// SPDX-License-Identifier: BSD-2-Clause
/* futex(2): what each of its operations takes, and how that is shown. */
#include <linux/futex.h>
#include "trace.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13 /* Linux 5.14 */
#endif

#define KINDS 7 /* six arguments, and the result */
#define TAKES(third, fourth, fifth, sixth)                                                                   \
	{                                                                                                    \
		K_P, K_F_FUTEX, third, fourth, fifth, sixth, K_D                                             \
	}

const unsigned char *trace_futex_kinds(unsigned long operation)
{
	static const unsigned char other[KINDS] = TAKES(K_FUTEX_VAL, K_P, K_P, K_X);
	static const unsigned char takes[][KINDS] = {
	    [FUTEX_WAIT] = TAKES(K_FUTEX_VAL, K_TIMESPEC, K_NONE, K_NONE),
	    [FUTEX_WAKE] = TAKES(K_FUTEX_VAL, K_NONE, K_NONE, K_NONE),
	    [FUTEX_FD] = TAKES(K_FUTEX_VAL, K_NONE, K_NONE, K_NONE),
	    [FUTEX_REQUEUE] = TAKES(K_FUTEX_VAL, K_FUTEX_VAL, K_P, K_NONE),
	    [FUTEX_CMP_REQUEUE] = TAKES(K_FUTEX_VAL, K_FUTEX_VAL, K_P, K_FUTEX_VAL),
	    [FUTEX_WAKE_OP] = TAKES(K_FUTEX_VAL, K_FUTEX_VAL, K_P, K_FUTEX_CHANGE),
	    [FUTEX_LOCK_PI] = TAKES(K_SKIP, K_TIMESPEC, K_NONE, K_NONE),
	    [FUTEX_UNLOCK_PI] = TAKES(K_NONE, K_NONE, K_NONE, K_NONE),
	    [FUTEX_TRYLOCK_PI] = TAKES(K_NONE, K_NONE, K_NONE, K_NONE),
	    [FUTEX_WAIT_BITSET] = TAKES(K_FUTEX_VAL, K_TIMESPEC, K_SKIP, K_FUTEX_BITSET),
	    [FUTEX_WAKE_BITSET] = TAKES(K_FUTEX_VAL, K_SKIP, K_SKIP, K_FUTEX_BITSET),
	    [FUTEX_WAIT_REQUEUE_PI] = TAKES(K_FUTEX_VAL, K_TIMESPEC, K_P, K_NONE),
	    [FUTEX_CMP_REQUEUE_PI] = TAKES(K_FUTEX_VAL, K_FUTEX_VAL, K_P, K_FUTEX_VAL),
	    [FUTEX_LOCK_PI2] = TAKES(K_SKIP, K_TIMESPEC, K_NONE, K_NONE),
	};

	operation &= FUTEX_CMD_MASK & 0xffffffffUL;
	return operation < sizeof takes / sizeof *takes ? takes[operation] : other;
}

static void put_operation(struct syslayer_text *t, unsigned value)
{
	unsigned command = value & (unsigned)FUTEX_CMD_MASK;
	int by_clock =
	    command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI;

	if (command > FUTEX_LOCK_PI2 || (value & FUTEX_CLOCK_REALTIME && !by_clock)) {
		trace_hex(t, value);
		return;
	}
	trace_value(t, K_V_FUTEX, command);
	if (value & FUTEX_PRIVATE_FLAG)
		syslayer_puts(t, command == FUTEX_FD ? "|FUTEX_PRIVATE_FLAG" : "_PRIVATE");
	if (value & FUTEX_CLOCK_REALTIME)
		syslayer_puts(t, "|FUTEX_CLOCK_REALTIME");
}

static void name_or_number(struct syslayer_text *t, const char *const *names, unsigned count, unsigned n,
                           const char *shift)
{
	if (n < count)
		syslayer_puts(t, names[n]);
	else
		syslayer_putx(t, n);
	syslayer_puts(t, shift);
}

/* FUTEX_OP() of linux/futex.h */
static void put_change(struct syslayer_text *t, unsigned value)
{
	unsigned operation = value >> 28;

	if (operation & FUTEX_OP_OPARG_SHIFT) {
		syslayer_puts(t, "FUTEX_OP_OPARG_SHIFT<<28|");
		operation &= ~(unsigned)FUTEX_OP_OPARG_SHIFT;
	}
	name_or_number(t,
	               (const char *const[]){"FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN",
	                                     "FUTEX_OP_XOR"},
	               5, operation, "<<28|");
	trace_hex(t, value >> 12 & 0xfff);
	syslayer_puts(t, "<<12|");
	name_or_number(t,
	               (const char *const[]){"FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT",
	                                     "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"},
	               6, value >> 24 & 0xf, "<<24|");
	trace_hex(t, value & 0xfff);
}

void trace_futex(const struct trace_argument *a, enum kind kind)
{
	unsigned value = (unsigned)a->value;

	switch (kind) {
	case K_F_FUTEX:
		put_operation(a->to, value);
		break;
	case K_FUTEX_CHANGE:
		put_change(a->to, value);
		break;
	case K_FUTEX_BITSET:
		if (value == FUTEX_BITSET_MATCH_ANY)
			syslayer_puts(a->to, "FUTEX_BITSET_MATCH_ANY");
		else
			trace_hex(a->to, value);
		break;
	default:
		syslayer_putn(a->to, value, 0);
	}
}
