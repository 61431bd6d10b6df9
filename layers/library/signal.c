// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where the program has SIG_DFL for a signal that kills stands a handler of ours, and the program
 * does not see it: it calls the end hook, if there is one, and says so when it is the layer
 * that has crashed (crash.c).
 */
#include "library.h"

#define BIT(sig) (1UL << ((sig)-1))

/* Default action not to terminate (signal(7)), or not to be caught. */
#define HARMLESS                                                                                             \
	(BIT(SIGKILL) | BIT(SIGSTOP) | BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) |           \
	 BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))

/* The handler must have them; the bits say which were given, and choose the entry (signal-entry.S). */
static const unsigned flag[4] = {SA_SIGINFO, SA_ONSTACK, SA_RESTORER, SA_RESTART};
#define ENTRIES 16

#pragma GCC visibility push(hidden)
extern const char syslayer_signal_entry[ENTRIES];
#pragma GCC visibility pop

static int in_place; /* the handlers are */

static int is_ours(long sig)
{
	if (syslayer_is_fault(sig))
		return 1;
	return syslayer_has_end_hook && sig >= 1 && sig <= 64 && !(HARMLESS & BIT(sig)) &&
	       !(syslayer_armed && sig == SIGSYS);
}

static void make_ours(struct action *a)
{
	a->handler = (unsigned long)syslayer_signal_entry;
	for (unsigned i = 0; i < 4; i++) {
		if (a->flags & flag[i])
			a->handler += 1UL << i;
		a->flags |= flag[i];
	}
}

void syslayer_default_ours(long sig, struct action *a)
{
	if (in_place && is_ours(sig) && !a->handler)
		make_ours(a);
}

void syslayer_default_shown(struct action *a)
{
	unsigned long given = a->handler - (unsigned long)syslayer_signal_entry;

	if (given >= ENTRIES)
		return;
	a->handler = 0;
	for (unsigned i = 0; i < 4; i++)
		if (!(given & 1UL << i))
			a->flags &= ~(unsigned long)flag[i];
}

void syslayer_signal_init(void)
{
	const unsigned long all = ~0UL;
	unsigned long mask;
	struct action ours = {0}, old;

	/* What the first process of a PID namespace has not caught does not reach it. */
	if (syslayer_sys(__NR_getpid) == 1)
		return;
	in_place = 1;
	syslayer_peek_start();
	make_ours(&ours);
	/*
	 * One call a signal, as it is done at every start: what stands there is replaced unseen, and goes
	 * back if it is not the default without flags. What is ignored must not come to us meanwhile.
	 */
	syslayer_sys(__NR_rt_sigprocmask, SIG_BLOCK, &all, &mask, 8);
	for (long sig = 1; sig <= 64; sig++) {
		if (!is_ours(sig) || syslayer_sys(__NR_rt_sigaction, sig, &ours, &old, 8) ||
		    !(old.handler | old.flags | old.mask))
			continue;
		if (!old.handler)
			make_ours(&old);
		else
			syslayer_peek_lost(sig);
		syslayer_sys(__NR_rt_sigaction, sig, &old, 0, 8);
	}
	syslayer_sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
}

/* do_sigaction() looks at the number after act has been read: this says whether it can be. */
int syslayer_action_is_there(const struct action *act)
{
	return syslayer_sys(__NR_rt_sigaction, 0, act, 0, 8) == -EINVAL;
}

long syslayer_sigaction(const struct syslayer_call *c)
{
	long sig = (int)c->argument[0];
	const struct action *act = (const struct action *)c->argument[1];
	struct action *old = (struct action *)c->argument[2];
	struct action copy;
	unsigned long had;
	int changes = 0;
	long r;

	if (syslayer_armed)
		return syslayer_dispatch_sigaction(c);
	if (sig < 1 || sig > 64)
		return syslayer_sys(__NR_rt_sigaction, sig, act, old, c->argument[3]);
	had = syslayer_handlers[sig];
	if (act && (is_ours(sig) || sig == SYSLAYER_SIGCANCEL || syslayer_has_interrupted_hook) &&
	    syslayer_action_is_there(act)) {
		copy = *act;
		changes = syslayer_handler_ours(sig, &copy);
		syslayer_default_ours(sig, &copy);
		act = &copy;
	}
	r = syslayer_sys(__NR_rt_sigaction, sig, act, old, c->argument[3]);
	if (r && changes)
		syslayer_handlers[sig] = had;
	if (r || !old)
		return r;
	syslayer_default_shown(old);
	syslayer_handler_shown(old, had);
	return 0;
}

/* Whether the return to where the signal came from makes it again, with all its registers. */
static int comes_again(int sig, int code)
{
	switch (sig) {
	case SIGSEGV:
	case SIGILL:
	case SIGFPE:
		return code > 0 && code < SI_KERNEL;
	case SIGBUS:
		return code > 0 && code < BUS_MCEERR_AO;
	}
	/* SIGTRAP and SIGSYS come after their instruction. */
	return 0;
}

void syslayer_signal(int sig, const siginfo_t *info, struct ucontext *uc)
{
	struct action dfl = {0};
	long pid = syslayer_sys(__NR_getpid), tid;

	if (syslayer_peek_failed(sig, info, uc))
		return;
	if (syslayer_crash_is(sig, info, uc))
		syslayer_crash_say(sig, uc);
	/* A child that was made the first of a PID namespace: nothing will kill it. */
	else if (pid != 1 || comes_again(sig, info->si_code)) {
		syslayer_interrupted_hook(&uc->uc_mcontext);
		syslayer_end_signal(sig);
	}
	syslayer_sys(__NR_rt_sigaction, sig, &dfl, 0, 8);
	/* sigsuspend(2) and the like give back a mask that may block it. */
	uc->uc_sigmask &= ~BIT(sig);
	if (comes_again(sig, info->si_code))
		return;
	/* It is blocked in here: it comes at the return, and a core has the program's registers. */
	tid = syslayer_sys(__NR_gettid);
	if (syslayer_sys(__NR_rt_tgsigqueueinfo, pid, tid, sig, info))
		syslayer_sys(__NR_tgkill, pid, tid, sig);
}
