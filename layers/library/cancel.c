// SPDX-License-Identifier: BSD-2-Clause
/*
 * Cancellation, pthread_cancel(3). Up to 2.40, glibc's handler of its signal unwinds the thread from wherever
 * it is within a call that can be cancelled. That is right in a slot, and not while a handler of the layer
 * runs, on another stack and without unwind information: the signal is noted then, and sent anew when the
 * layer is about to make the call, or to return (enter.S).
 */
#include "dispatch.h"

#define NOTES 64

#pragma GCC visibility push(hidden)
/* Where code on the program's stack begins and ends, as distances, and what is done there (asm.h). */
struct window {
	int from, to, how, value;
};
extern const struct window syslayer_windows[], syslayer_windows_end[];
extern const char image_code[], image_code_end[];
extern const char syslayer_program_called[];
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
		if ((unsigned long)syslayer_stacks[i].end - rsp < STACK_SIZE)
			return 1;
	return 0;
}

static unsigned long address(const int *distance)
{
	return (unsigned long)distance + (unsigned long)*distance;
}

static const struct window *window_at(unsigned long rip)
{
	for (const struct window *w = syslayer_windows; w < syslayer_windows_end; w++)
		if (rip - address(&w->from) < address(&w->to) - address(&w->from))
			return w;
	return NULL;
}

/* A stack of the layer's has it, or, when all are in use, the program's. */
static int is_in_c(const struct sigcontext *r)
{
	return syslayer_is_on_stack(r->rsp) ||
	       r->rip - (unsigned long)image_code < (unsigned long)(image_code_end - image_code) ||
	       r->rip == (unsigned long)syslayer_program_called;
}

/* Before a handler that is not going to be called, as what it interrupts is a read of the layer. */
static int is_in_failed_peek(const struct window *w, const struct sigcontext *r, const unsigned long *saved)
{
	unsigned long uc = w->how == WINDOW_HANDLER ? r->rdx : w->how == WINDOW_HANDLER_SAVED ? saved[0] : 0;

	return uc && syslayer_is_peek(((const struct ucontext *)uc)->uc_mcontext.rip);
}

/* Whether the program's handler must not be called now. */
int syslayer_cancel_waits(const siginfo_t *info, struct ucontext *uc)
{
	struct sigcontext *r = &uc->uc_mcontext;
	const unsigned long *saved;
	const struct window *w;

	if (info->si_code != SI_TKILL)
		return 0;
	if (is_in_c(r)) {
		if (r->rip == (unsigned long)syslayer_program_called && r->rcx == r->rip + 2) {
			r->rip += 2;
			r->rax = -EINTR;
		}
		note();
		return 1;
	}
	w = window_at(r->rip);
	if (!w)
		return 0;
	saved = (const unsigned long *)r->rsp;
	if (is_in_failed_peek(w, r, saved)) {
		note();
		return 1;
	}
	switch (w->how) {
	case WINDOW_WAITS:
		note();
		return 1;
	case WINDOW_AT:
		r->rip = address(&w->value);
		return 0;
	case WINDOW_AGAIN:
		r->rip = r->rcx - 2;
		break;
	case WINDOW_AGAIN_INT80:
		r->rip = r->r11 - 2;
		break;
	case WINDOW_HANDLER_SAVED:
		r->rdx = saved[0];
		r->rsi = saved[1];
		r->rdi = saved[2];
		r->rip = syslayer_handlers[r->rdi];
		r->rsp += 24;
		break;
	case WINDOW_HANDLER:
		r->rip = syslayer_handlers[r->rdi];
	}
	r->rsp += (unsigned long)w->value;
	return 0;
}
