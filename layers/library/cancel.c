// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cancellation, pthread_cancel(3). Up to 2.40, glibc's handler of its signal unwinds the thread from wherever
 * it is within a call that can be cancelled. That is right in a slot, and not while a handler of the layer
 * runs, on another stack and without unwind information: the signal is noted then, and sent anew when the
 * layer is about to make the call, or to return (enter.S).
 */
#include "dispatch.h"

#define NOTES 64
#define STACKS_MAX 512 /* as in enter.S */

#pragma GCC visibility push(hidden)
extern const int syslayer_windows[][3];
extern const char syslayer_program_called[];
/* By address: owner and top. */
extern const unsigned long syslayer_stacks[STACKS_MAX][8];
/* How many are noted, of whatever thread. */
int syslayer_cancels;
int syslayer_cancel_waits(const siginfo_t *info, struct ucontext *uc);
unsigned long syslayer_cancel_take(void);
#pragma GCC visibility pop

/* pid and tid. */
static SYSLAYER_LARGE unsigned long notes[NOTES];

static unsigned long self(void)
{
	return (unsigned long)syslayer_sys(__NR_getpid) << 32 | (unsigned long)syslayer_sys(__NR_gettid);
}

static int replace(unsigned long *note, unsigned long was, unsigned long is)
{
	return __atomic_compare_exchange_n(note, &was, is, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void note(void)
{
	unsigned long me = self();

	for (unsigned i = 0;; i++) {
		unsigned long was = __atomic_load_n(&notes[i % NOTES], __ATOMIC_SEQ_CST);

		if (was == me)
			return;
		if (!was && replace(&notes[i % NOTES], 0, me))
			break;
		/* All are taken: others will come to take theirs. */
		if (i % NOTES == NOTES - 1)
			syslayer_sys(__NR_sched_yield);
	}
	__atomic_fetch_add(&syslayer_cancels, 1, __ATOMIC_SEQ_CST);
}

/* Of the calling thread, which is told; or 0. */
unsigned long syslayer_cancel_take(void)
{
	unsigned long me = self(), found = 0;

	for (unsigned i = 0; i < NOTES; i++) {
		unsigned long was = __atomic_load_n(&notes[i], __ATOMIC_SEQ_CST);

		/* Those of other processes are of threads that this one, a child, has no copy of. */
		if (!was || (was != me && (was >> 32 == me >> 32 || !syslayer_is_mine())))
			continue;
		if (!replace(&notes[i], was, 0))
			continue;
		__atomic_fetch_sub(&syslayer_cancels, 1, __ATOMIC_SEQ_CST);
		if (was == me)
			found = me;
	}
	return found;
}

int syslayer_is_on_stack(unsigned long rsp)
{
	for (unsigned i = 0; i < STACKS_MAX; i++)
		if (syslayer_stacks[i][1] - rsp < SYSLAYER_STACK)
			return 1;
	return 0;
}

/* Where the code in here is entered again, or 0. */
static unsigned long window(unsigned long rip)
{
	for (const int *w = syslayer_windows[0]; w[0]; w += 3) {
		unsigned long from = (unsigned long)w + (unsigned long)w[0];
		unsigned long end = (unsigned long)(w + 1) + (unsigned long)w[1];

		if (rip - from < end - from)
			return w[2] ? (unsigned long)(w + 2) + (unsigned long)w[2] : 0;
	}
	return rip;
}

/* A call that was caught, on its way to the slot: it is caught again. */
static int is_going(unsigned long rip)
{
	return rip - (unsigned long)syslayer_go < (unsigned long)(syslayer_go_last - syslayer_go);
}

/* Whether the program's handler must not be called now. */
int syslayer_cancel_waits(const siginfo_t *info, struct ucontext *uc)
{
	struct sigcontext *r = &uc->uc_mcontext;
	unsigned long at;

	if (info->si_code != SI_TKILL)
		return 0;
	if (syslayer_is_on_stack(r->rsp)) {
		if (r->rip == (unsigned long)syslayer_program_called && r->rcx == r->rip + 2) {
			r->rip += 2;
			r->rax = -EINTR;
		}
		note();
		return 1;
	}
	if (is_going(r->rip)) {
		r->rsp += r->rip == (unsigned long)syslayer_go ? 0 : SYSLAYER_FRAME;
		r->rip = r->rcx - 2;
		return 0;
	}
	at = window(r->rip);
	if (!at) {
		note();
		return 1;
	}
	r->rip = at;
	return 0;
}
