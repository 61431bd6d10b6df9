// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls that a program makes in its place when it has asked the layer, as they do not come back on the stack
 * that they are made on: where all that lies outside of the image is caught, they are made in the layer, and
 * who makes a thread also where a handler wants the result. The parent of a vfork(2), and who gives its stack
 * away, waits on a stack of the layer's; a child that has a new stack finds on it where it goes on.
 */
#include <linux/sched.h>
#include "../gate.h"
#include "dispatch.h"

_Static_assert(offsetof(struct leave, back) == LEAVE_BACK, "offset of back");
_Static_assert(offsetof(struct leave, rsp) == LEAVE_RSP, "offset of rsp");
_Static_assert(offsetof(struct leave, mask) == LEAVE_MASK, "offset of mask");
_Static_assert(offsetof(struct leave, flags) == LEAVE_FLAGS, "offset of flags");
_Static_assert(offsetof(struct leave, number) == LEAVE_NUMBER, "offset of number");
_Static_assert(offsetof(struct leave, entry) == LEAVE_ENTRY, "offset of entry");
_Static_assert(sizeof(struct leave) == LEAVE_SIZE, "size of a call that leaves");
_Static_assert(offsetof(struct ucontext, uc_mcontext.rip) == CONTEXT_RIP, "offset of rip");

/* Flags, and the top of the new stack. */
struct made {
	unsigned long flags, stack;
};

static struct made what_is_made(const struct syslayer_call *c)
{
	const unsigned long *a = (const unsigned long *)c->argument;
	struct made m = {0};
	struct clone_args args = {0};

	switch (c->number) {
	case __NR_fork:
		return m;
	case __NR_vfork:
		m.flags = CLONE_VM | CLONE_VFORK;
		return m;
	case __NR_clone:
		m.flags = (unsigned)a[0];
		m.stack = a[1];
		return m;
	case __NR_clone3:
		syslayer_peek(&args, (const void *)a[0], a[1] < sizeof args ? a[1] : sizeof args);
		m.flags = args.flags;
		m.stack = args.stack ? args.stack + args.stack_size : 0;
		return m;
	}
	return m;
}

int syslayer_makes_copy(const struct syslayer_call *c, unsigned long *flags)
{
	struct made m;

	if (c->number != __NR_fork && c->number != __NR_clone && c->number != __NR_clone3)
		return 0;
	m = what_is_made(c);
	*flags = m.flags;
	return !m.stack && !(m.flags & CLONE_VM);
}

/* rt_sigpending(2) writes there, or says that it cannot; a filter of the program's says something else. */
static int is_writable(unsigned long address)
{
	return syslayer_sys(__NR_rt_sigpending, address, 8) != -EFAULT;
}

static int has_room_below(unsigned long stack)
{
	struct leave *l = (struct leave *)(stack - SYSLAYER_FRAME) - 1;

	return is_writable((unsigned long)l) && is_writable((unsigned long)(l + 1) - 8);
}

static struct leave *below(const struct syslayer_call *c, unsigned long stack)
{
	struct leave *l = (struct leave *)(stack - SYSLAYER_FRAME) - 1;

	/* Else syslayer_comes_back() has looked. */
	if (c->asked != SYSLAYER_ASKED_TELLS && !has_room_below(stack))
		return NULL;
	l->entry = NULL;
	l->rsp = stack;
	return l;
}

/*
 * Who has given its stack away ends by a call that is caught, too, and a signal needs a stack: the one that
 * this was made on, which the end of the thread finds by the thread's number (last.S).
 */
static void stay_on(const unsigned long *entry)
{
	const stack_t stack = {.ss_sp = (void *)(entry[1] - STACK_SIZE),
	                       .ss_size = STACK_SIZE - SYSLAYER_PAGE};

	syslayer_sys(__NR_sigaltstack, &stack, 0);
}

/* jrcxz over a jump: syslayer-abi(7), "The ask entry". */
static int is_trampoline(unsigned long site)
{
	static const unsigned char code[] = {0xe3, 0x02, 0xeb, 0x02};

	return !memcmp((const void *)site, code, sizeof code);
}

static struct leave *on_own(const struct syslayer_call *c, unsigned long flags)
{
	static unsigned long count, nowhere;
	int ends = c->number == __NR_munmap && !is_trampoline(c->site);
	/* Neither an address nor a thread: nobody else comes with it. */
	unsigned long owner = ends ? 2 * (unsigned long)syslayer_sys(__NR_gettid) + 1
	                           : 1UL << 63 | __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
	unsigned long *entry = syslayer_claim(owner);
	struct leave *l;

	if (!entry)
		return NULL;
	if (ends)
		stay_on(entry);
	/* Not on a multiple of 16: rsp is 8 more where a function is called. */
	l = (struct leave *)entry[1] - 2;
	/* Who does not wait for the child is gone before that has read it. */
	l->entry = ends || (flags & CLONE_VM && !(flags & CLONE_VFORK)) ? &nowhere : entry;
	l->rsp = (unsigned long)gate_site(&c->site) + SYSLAYER_FRAME;
	return l;
}

void syslayer_dispatch_leave(struct syslayer_call *c)
{
	struct made m = what_is_made(c);
	struct leave *l = m.stack ? below(c, m.stack) : on_own(c, m.flags);

	if (!l) {
		syslayer_answer(c, m.stack ? -EFAULT : -EAGAIN);
		if (c->after)
			c->after(c);
		return;
	}
	/* That of the gate is nothing for a child that has another stack. */
	l->back = *gate_site(&c->site);
	l->flags = c->flags;
	l->clone = m.flags;
	l->number = c->number;
	c->result = (long)l;
	c->answered = LEAVES;
}

int syslayer_comes_back(const struct syslayer_call *c)
{
	struct made m;

	if (c->number != __NR_clone && c->number != __NR_clone3)
		return 0;
	m = what_is_made(c);
	return m.stack && has_room_below(m.stack);
}
