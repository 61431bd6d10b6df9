// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table is also printed when a signal kills that the program could have caught: where it
 * has SIG_DFL for such a signal stands a handler of ours, and the program does not see it.
 */
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>
#include "count.h"

/* As the kernel has it; the C library's differs. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

#define BIT(sig) (1UL << ((sig)-1))

/* Default action not to terminate (signal(7)), or not to be caught. */
#define HARMLESS                                                                                             \
	(BIT(SIGKILL) | BIT(SIGSTOP) | BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) |           \
	 BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))

/* The handler must have them; the bits say which were given, and choose the entry (count.S). */
static const unsigned flag[4] = {SA_SIGINFO, SA_ONSTACK, SA_RESTORER, SA_RESTART};
#define ENTRIES 16

#pragma GCC visibility push(hidden)
extern const char count_signal_entry[ENTRIES];
void count_signal(int sig, const siginfo_t *info, struct ucontext *uc);
#pragma GCC visibility pop

static int is_fatal(long sig)
{
	return sig >= 1 && sig <= 64 && !(HARMLESS & BIT(sig));
}

static void make_ours(struct action *a)
{
	a->handler = (unsigned long)count_signal_entry;
	for (unsigned i = 0; i < 4; i++) {
		if (a->flags & flag[i])
			a->handler += 1UL << i;
		a->flags |= flag[i];
	}
}

static void show_default(struct action *a)
{
	unsigned long given = a->handler - (unsigned long)count_signal_entry;

	if (given >= ENTRIES)
		return;
	a->handler = 0;
	for (unsigned i = 0; i < 4; i++)
		if (!(given & 1UL << i))
			a->flags &= ~(unsigned long)flag[i];
}

void count_signal_init(void)
{
	struct action a;

	/* What the first process of a PID namespace has not caught does not reach it. */
	if (SYS(__NR_getpid) == 1)
		return;
	count_settings.signals = 1;
	for (long sig = 1; sig <= 64; sig++) {
		if (!is_fatal(sig) || SYS(__NR_rt_sigaction, sig, 0, &a, 8) || a.handler)
			continue;
		make_ours(&a);
		SYS(__NR_rt_sigaction, sig, &a, 0, 8);
	}
}

long count_sigaction(const struct count_call *c)
{
	long sig = (int)c->argument[0];
	const struct action *act = (const struct action *)c->argument[1];
	struct action *old = (struct action *)c->argument[2];
	struct action copy;
	long r;

	/* do_sigaction() looks at the number after act has been read: this says whether it can be. */
	if (act && count_settings.signals && is_fatal(sig) &&
	    SYS(__NR_rt_sigaction, 0, act, 0, 8) == -EINVAL) {
		copy = *act;
		if (!copy.handler)
			make_ours(&copy);
		act = &copy;
	}
	r = SYS(__NR_rt_sigaction, sig, act, old, c->argument[3]);
	if (!r && old)
		show_default(old);
	return r;
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

void count_signal(int sig, const siginfo_t *info, struct ucontext *uc)
{
	struct action dfl = {0};
	long pid = SYS(__NR_getpid), tid;

	/* A child that was made the first of a PID namespace: nothing will kill it. */
	if (count_is_mine() && (pid != 1 || comes_again(sig, info->si_code)))
		count_report(1);
	SYS(__NR_rt_sigaction, sig, &dfl, 0, 8);
	/* sigsuspend(2) and the like give back a mask that may block it. */
	uc->uc_sigmask &= ~BIT(sig);
	if (comes_again(sig, info->si_code))
		return;
	/* It is blocked in here: it comes at the return, and a core has the program's registers. */
	tid = SYS(__NR_gettid);
	if (SYS(__NR_rt_tgsigqueueinfo, pid, tid, sig, info))
		SYS(__NR_tgkill, pid, tid, sig);
}
