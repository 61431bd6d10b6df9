// SPDX-License-Identifier: BSD-2-Clause
/* Calls of the program that would take the guard away, or block its signal, which would kill. */
#include <linux/prctl.h>
#include "dispatch.h"

/* The argument that is a set of signals to be blocked; -1: none; -2: it is in what the argument behind it
 * points to. */
enum { NO_MASK = -1, MASK_IN_SIXTH = -2 };

static int mask_argument(const struct syslayer_call *c)
{
	switch (c->number) {
	case __NR_rt_sigprocmask:
		return c->argument[0] == SIG_UNBLOCK ? NO_MASK : 1;
	case __NR_rt_sigsuspend:
		return 0;
	case __NR_ppoll:
		return 3;
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		return 4;
	case __NR_io_uring_enter:
		return c->argument[3] & 8 ? NO_MASK : 4; /* IORING_ENTER_EXT_ARG */
	case __NR_pselect6:
	case __NR_io_pgetevents:
		return MASK_IN_SIXTH;
	}
	return NO_MASK;
}

/* Where the mask is that has SIGSYS, or NULL. In `sixth`: what pselect6(2) has. */
static const unsigned long *mask_of(const struct syslayer_call *c, const unsigned long **sixth)
{
	int at = mask_argument(c);
	unsigned long mask, pair[2];
	const unsigned long *p;

	*sixth = NULL;
	if (at == NO_MASK)
		return NULL;
	if (at == MASK_IN_SIXTH) {
		*sixth = (const unsigned long *)c->argument[5];
		if (!*sixth || syslayer_peek(pair, *sixth, sizeof pair) != sizeof pair)
			return NULL;
		p = (const unsigned long *)pair[0];
	} else {
		p = (const unsigned long *)c->argument[at];
	}
	if (!p || syslayer_peek(&mask, p, sizeof mask) != sizeof mask || !(mask & SIGSYS_BIT))
		return NULL;
	return p;
}

static int switches_off(const struct syslayer_call *c)
{
	return c->number == __NR_prctl && c->argument[0] == PR_SET_SYSCALL_USER_DISPATCH;
}

int syslayer_dispatch_minds(const struct syslayer_call *c)
{
	const unsigned long *sixth;
	unsigned long flags;

	if (switches_off(c) || syslayer_makes_copy(c, &flags))
		return 1;
	return mask_of(c, &sixth) &&
	       (c->asked || (c->number != __NR_rt_sigprocmask && c->number != __NR_rt_sigsuspend));
}

static long make(const struct syslayer_call *c, const long *a)
{
	return syslayer_program_call((long)c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long syslayer_dispatch_make(struct syslayer_call *c)
{
	const unsigned long *sixth, *mask = mask_of(c, &sixth);
	unsigned long flags, without, pair[2];
	long a[6], r;

	if (switches_off(c))
		return -EPERM;
	memcpy(a, c->argument, sizeof a);
	if (mask) {
		without = *mask & ~SIGSYS_BIT;
		if (sixth) {
			pair[0] = (unsigned long)&without;
			pair[1] = sixth[1];
			a[5] = (long)pair;
		} else {
			a[mask_argument(c)] = (long)&without;
		}
	}
	r = make(c, a);
	if (!r && syslayer_makes_copy(c, &flags))
		syslayer_in_child(flags);
	return r;
}

/* The call as the layer knows it, again; its sixth argument, which the kernel does not look at, is its
 * `after`. */
static void as_it_was(struct syslayer_call *c)
{
	int at = mask_argument(c);
	void (*after)(struct syslayer_call *) = (void (*)(struct syslayer_call *))c->argument[5];

	c->argument[at] = c->argument[4];
	c->argument[4] = (long)c->r8;
	c->argument[5] = (long)c->r9;
	c->after = after;
	if (after)
		after(c);
}

/*
 * What changes the mask is not to be made in C, which may have one of its own (stack.S): the changed mask
 * stands where the result will be.
 */
void syslayer_dispatch_mask(struct syslayer_call *c)
{
	const unsigned long *sixth, *mask;

	if (c->number != __NR_rt_sigprocmask && c->number != __NR_rt_sigsuspend)
		return;
	mask = mask_of(c, &sixth);
	if (!mask)
		return;
	c->result = (long)(*mask & ~SIGSYS_BIT);
	c->argument[4] = c->argument[mask_argument(c)];
	c->argument[5] = (long)c->after;
	c->argument[mask_argument(c)] = (long)&c->result;
	c->after = as_it_was;
}
