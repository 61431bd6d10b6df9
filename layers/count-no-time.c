// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer without times. Its slots (count.S) count a call when it comes back. */
#include <asm/sigcontext.h>
#include "count.h"

#define AGAIN 16

#pragma GCC visibility push(hidden)
extern const char image_base[];
/* What a slot has, without the count, by number. */
extern const char count_again[][AGAIN];
#pragma GCC visibility pop

const int count_has_time = 0;

uint64_t count_nanoseconds(uint64_t ticks)
{
	(void)ticks;
	return 0;
}

void count_time_start(void)
{
}

/*
 * A signal has come, maybe to a call in a slot, and is handled before this comes back, if it does: the
 * handler may leave by longjmp(3), or the process end. The processor leaves rcx behind an instruction that
 * has been executed, also where the kernel has it executed again.
 */
static void interrupted(struct sigcontext *r)
{
	unsigned long at = r->rip - (unsigned long)image_base, n = at / SYSLAYER_SLOT_SIZE;
	unsigned long behind = at % SYSLAYER_SLOT_SIZE;

	if (n >= SYSLAYER_SLOT_COUNT || behind > 2 || r->rcx != r->rip + 2 - behind)
		return;
	count_add_at(r->rsp, n);
	r->rip = (unsigned long)count_again[n] + behind;
}
SYSLAYER_INTERRUPTED(interrupted);
