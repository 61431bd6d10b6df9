// SPDX-License-Identifier: BSD-2-Clause
/*
 * A crash of the layer is told, whatever the program has for the signal: in front of a handler of the
 * program's stands an entry of ours (dispatch.S), and the program does not see it. So it does in front of one
 * that is called once (SA_RESETHAND), as the next signal ends the process.
 */
#include "dispatch.h"

#define BIT(sig) (1UL << ((sig)-1))

#pragma GCC visibility push(hidden)
/* Of handlers that were given with SA_SIGINFO, and without. */
extern const char syslayer_crash_entry[2];
SYSLAYER_LARGE unsigned long syslayer_handlers[65];
int syslayer_crash_comes(int sig, const siginfo_t *info, struct ucontext *uc);
#pragma GCC visibility pop

/* By signal: a handler with SA_RESETHAND was given; and without SA_SIGINFO. */
static unsigned long once, plain;

static int is_in_image(unsigned long address)
{
	return address - (unsigned long)image_base < (unsigned long)(image_end - image_base);
}

/* A function that is none has been called: by whom, tells the return address, if that can be read. */
static int is_call_from_image(const struct sigcontext *r)
{
	return r->rip == r->cr2 && syslayer_is_on_stack(r->rsp) &&
	       is_in_image(*(const unsigned long *)r->rsp);
}

/* With SA_RESETHAND the kernel has taken the program's handler away, and ours with it, as it called that. */
static void stand_again(int sig)
{
	struct action a;

	if (syslayer_sys(__NR_rt_sigaction, sig, 0, &a, 8) || a.handler != (unsigned long)SIG_DFL)
		return;
	if (plain & BIT(sig))
		a.flags &= ~(unsigned long)SA_SIGINFO;
	syslayer_default_ours(sig, &a);
	syslayer_sys(__NR_rt_sigaction, sig, &a, 0, 8);
}

/*
 * In front of a handler of the program's. On its stack, which may be small. 1: a crash of the layer is to be
 * told; 2: nothing has happened, and the handler is not called.
 */
int syslayer_crash_comes(int sig, const siginfo_t *info, struct ucontext *uc)
{
	if (syslayer_peek_failed(sig, info, uc))
		return 2;
	if (__atomic_load_n(&once, __ATOMIC_RELAXED) & BIT(sig))
		stand_again(sig);
	return syslayer_crash_is(sig, info, uc);
}

int syslayer_crash_is(int sig, const siginfo_t *info, const struct ucontext *uc)
{
	const struct sigcontext *r = &uc->uc_mcontext;

	if (info->si_code <= 0 || !syslayer_is_fault(sig))
		return 0;
	/* That of an instruction; what a debugger makes has codes of its own. */
	if (sig == SIGTRAP)
		return info->si_code == SI_KERNEL && is_in_image(r->rip);
	return is_in_image(r->rip) || (sig == SIGSEGV && is_call_from_image(r));
}

void syslayer_crash_say(int sig, const struct ucontext *uc)
{
	static const char what[] = "SIGILL\0\0SIGTRAP\0SIGBUS\0\0SIGFPE\0\0SIGSEGV";
	static const unsigned char which[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
	const struct sigcontext *r = &uc->uc_mcontext;
	unsigned long at = is_in_image(r->rip) ? r->rip : *(const unsigned long *)r->rsp;
	char line[160];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, "syslayer: the layer ");
	syslayer_puts(&t, image_base + SYSLAYER_IMAGE_NAMES);
	syslayer_puts(&t, " crashed: ");
	for (unsigned i = 0; i < sizeof which; i++)
		if (which[i] == sig)
			syslayer_puts(&t, what + (size_t)8 * i);
	syslayer_puts(&t, " at ");
	syslayer_putx(&t, at - (unsigned long)image_base);
	syslayer_puts(&t, ", address ");
	syslayer_putx(&t, r->cr2);
	syslayer_puts(&t, "\n");
	syslayer_write(2, line, (size_t)(t.at - line));
}

static unsigned long entry_of(long sig, const struct action *a)
{
	int is_plain = !(a->flags & SA_SIGINFO);

	if (syslayer_is_fault(sig))
		return (unsigned long)&syslayer_crash_entry[is_plain];
	if (sig == SYSLAYER_SIGCANCEL && !is_plain)
		return (unsigned long)syslayer_cancel_entry;
	/* The next one ends the process. */
	if (syslayer_has_end_hook && sig != SIGSYS && a->flags & SA_RESETHAND)
		return (unsigned long)&syslayer_crash_entry[is_plain];
	/* Who handles SIGSYS compares the pc with what siginfo_t says. */
	if ((syslayer_has_interrupted_hook && sig != SIGSYS) || (syslayer_armed && !is_plain))
		return (unsigned long)&syslayer_dispatch_handler[is_plain];
	return 0;
}

/* Whether that of a fault does not come to us, always: ignored, it kills. */
static int is_lost(const struct action *a)
{
	return a->handler == (unsigned long)SIG_IGN ||
	       (a->handler && (a->flags & SA_RESETHAND || !syslayer_is_mine()));
}

int syslayer_handler_ours(long sig, struct action *a)
{
	unsigned long entry = a->handler > (unsigned long)SIG_IGN ? entry_of(sig, a) : 0;

	if (syslayer_is_fault(sig) && is_lost(a))
		syslayer_peek_lost(sig);
	if (!entry || !syslayer_is_mine())
		return 0;
	__atomic_store_n(&syslayer_handlers[sig], a->handler, __ATOMIC_RELAXED);
	if (a->flags & SA_RESETHAND) {
		if (a->flags & SA_SIGINFO)
			__atomic_fetch_and(&plain, ~BIT(sig), __ATOMIC_RELAXED);
		else
			__atomic_fetch_or(&plain, BIT(sig), __ATOMIC_RELAXED);
		__atomic_fetch_or(&once, BIT(sig), __ATOMIC_RELAXED);
	}
	a->handler = entry;
	a->flags |= SA_SIGINFO;
	return 1;
}

void syslayer_handler_shown(struct action *a, unsigned long had)
{
	if (a->handler == (unsigned long)&syslayer_crash_entry[1] ||
	    a->handler == (unsigned long)&syslayer_dispatch_handler[1])
		a->flags &= ~(unsigned long)SA_SIGINFO;
	else if (a->handler != (unsigned long)syslayer_crash_entry &&
	         a->handler != (unsigned long)syslayer_cancel_entry &&
	         a->handler != (unsigned long)syslayer_dispatch_handler)
		return;
	a->handler = had;
}
