// SPDX-License-Identifier: BSD-2-Clause
/*
 * Handlers of the program while Syscall User Dispatch is armed. SIGSYS is ours, what the program has for it
 * is kept; no other handler blocks it, as that would kill; and a handler that could ask for the pc is called
 * by one of ours.
 */
#include "dispatch.h"

#define SIGNALS 64
#define RESTORERS 8

#pragma GCC visibility push(hidden)
void syslayer_handler_comes(struct ucontext *uc);
#pragma GCC visibility pop

static unsigned long blocks_sigsys; /* a bit for each signal: it was to */

/* One, in most programs. */
static SYSLAYER_LARGE unsigned long restorers[RESTORERS];

static void note_restorer(unsigned long address)
{
	for (unsigned i = 0; i < RESTORERS; i++) {
		unsigned long none = 0;

		if (__atomic_compare_exchange_n(&restorers[i], &none, address, 0, __ATOMIC_SEQ_CST,
		                                __ATOMIC_SEQ_CST) ||
		    none == address)
			return;
	}
}

int syslayer_is_restorer(unsigned long address)
{
	/* mov $15,%rax, or %eax, stands before it. */
	for (unsigned i = 0; i < RESTORERS; i++)
		if (restorers[i] && (address - restorers[i] == 7 || address - restorers[i] == 5))
			return 1;
	return 0;
}

static int is_handler(const struct action *a)
{
	return a->handler > (unsigned long)SIG_IGN;
}

static long sigsys(const struct syslayer_call *c, const struct action *act, struct action *old)
{
	const struct action was = syslayer_sigsys;
	struct action now = {0};
	long r;

	if (act && !syslayer_action_is_there(act))
		return -EFAULT;
	if (act)
		now = *act;
	/* The kernel says what is wrong with the other arguments. */
	r = syslayer_sys(__NR_rt_sigaction, SIGSYS, 0, old, c->argument[3]);
	if (r)
		return r;
	if (is_handler(&now) && now.flags & SA_RESTORER)
		note_restorer(now.restorer);
	if (act && syslayer_is_mine())
		syslayer_sigsys = now;
	if (old)
		*old = was;
	return 0;
}

static void note_mask(long sig, int blocks)
{
	unsigned long bit = 1UL << (sig - 1);

	if (blocks)
		__atomic_fetch_or(&blocks_sigsys, bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&blocks_sigsys, ~bit, __ATOMIC_RELAXED);
}

long syslayer_dispatch_sigaction(const struct syslayer_call *c)
{
	long sig = (int)c->argument[0], r;
	const struct action *act = (const struct action *)c->argument[1];
	struct action *old = (struct action *)c->argument[2];
	unsigned long had, bit;
	struct action copy;
	int changes = 0, is_mine = 0;

	if (sig == SIGSYS)
		return sigsys(c, act, old);
	if (sig < 1 || sig > SIGNALS || (act && !syslayer_action_is_there(act)))
		return syslayer_sys(__NR_rt_sigaction, sig, act, old, c->argument[3]);
	had = syslayer_handlers[sig];
	bit = blocks_sigsys & 1UL << (sig - 1);
	if (act) {
		copy = *act;
		copy.mask &= ~SIGSYS_BIT;
		is_mine = is_handler(act) && syslayer_is_mine();
		if (is_mine)
			note_mask(sig, !!(act->mask & SIGSYS_BIT));
		changes = syslayer_handler_ours(sig, &copy);
		if (is_handler(act) && copy.flags & SA_RESTORER)
			note_restorer(copy.restorer);
		syslayer_default_ours(sig, &copy);
		act = &copy;
	}
	r = syslayer_sys(__NR_rt_sigaction, sig, act, old, c->argument[3]);
	if (r && changes)
		syslayer_handlers[sig] = had;
	if (r && is_mine)
		note_mask(sig, !!bit);
	if (r || !old)
		return r;
	syslayer_default_shown(old);
	syslayer_handler_shown(old, had);
	if (is_handler(old) && bit)
		old->mask |= SIGSYS_BIT;
	return 0;
}

/*
 * The interrupted context is in a call that is made for another place, which it goes back to: it is shown as
 * if it had been there. Where the call has not been made, it is caught again when the handler returns to it.
 */
static void stay_seen(struct ucontext *uc)
{
	struct sigcontext *r = &uc->uc_mcontext;
	unsigned long at = r->rip;

	if (at == (unsigned long)syslayer_stay) {
		r->rip = r->rcx - 2;
	} else if (at < (unsigned long)syslayer_stay_call) {
		r->rip = r->rcx - 2;
		r->rsp += SYSLAYER_FRAME;
	} else if (at == (unsigned long)syslayer_stay_call) {
		r->rip = *(unsigned long *)r->rsp - 2;
		r->rsp += SYSLAYER_FRAME;
	} else if (at == (unsigned long)syslayer_stay_made) {
		r->rip = *(unsigned long *)r->rsp;
		r->rsp += SYSLAYER_FRAME;
	} else {
		r->rsp += at == (unsigned long)syslayer_stay_popped ? SYSLAYER_RED_ZONE : 0;
		r->rip = r->rcx;
	}
}

/* A handler of the program is about to be called, and what it interrupts is code of the layer. */
void syslayer_handler_comes(struct ucontext *uc)
{
	if (uc->uc_mcontext.rip - (unsigned long)syslayer_stay <
	    (unsigned long)(syslayer_stay_end - syslayer_stay))
		stay_seen(uc);
	else
		syslayer_interrupted_hook(&uc->uc_mcontext);
}
