// SPDX-License-Identifier: BSD-2-Clause
/*
 * Alternate signal stacks, sigaltstack(2). Handlers of a layer run on a stack of its own: when a signal
 * handler of the program has made the call, and another signal comes meanwhile, the kernel takes it that the
 * alternate stack is free, and begins at its top again, where the first one's variables are. So signals wait
 * as long as a handler runs that was called from there (stack.S). Where such stacks may be, is noted by page.
 */
#include <linux/signal.h>
#include "library.h"

#define BITS 4096 /* 16 MiB apart they are one: the kernel is asked then */

#pragma GCC visibility push(hidden)
unsigned syslayer_alternates[BITS / 32];
#pragma GCC visibility pop

void syslayer_alternate_comes(const struct syslayer_call *c)
{
	unsigned long page, end;
	stack_t stack;

	if (c->number != __NR_sigaltstack ||
	    syslayer_peek(&stack, (const void *)c->argument[0], sizeof stack) != sizeof stack)
		return;
	page = (unsigned long)stack.ss_sp / SYSLAYER_PAGE;
	end = ((unsigned long)stack.ss_sp + stack.ss_size) / SYSLAYER_PAGE;
	for (unsigned n = 0; page <= end && n < BITS; page++, n++)
		__atomic_fetch_or(&syslayer_alternates[page % BITS / 32], 1U << page % 32, __ATOMIC_SEQ_CST);
}
