// SPDX-License-Identifier: BSD-2-Clause
/* The start hook of every layer that has handlers, and calls that the library must see. */
#include <linux/mman.h>
#include <linux/sched.h>
#include "library.h"

_Static_assert(offsetof(struct syslayer_call, argument) == CALL_ARGUMENT, "offset of argument");
_Static_assert(offsetof(struct syslayer_call, result) == CALL_RESULT, "offset of result");
_Static_assert(offsetof(struct syslayer_call, after) == CALL_AFTER, "offset of after");
_Static_assert(offsetof(struct syslayer_call, keep) == CALL_KEEP, "offset of keep");
_Static_assert(offsetof(struct syslayer_call, answered) == CALL_ANSWERED, "offset of answered");
_Static_assert(offsetof(struct syslayer_call, asked) == CALL_ASKED, "offset of asked");
_Static_assert(offsetof(struct syslayer_call, outside) == CALL_OUTSIDE, "offset of outside");
_Static_assert(offsetof(struct syslayer_call, rdi) == CALL_SAVED, "offset of what is saved");
_Static_assert(offsetof(struct syslayer_call, site) == CALL_SIZE, "size of a call");

#pragma GCC visibility push(hidden)
void syslayer_init(const struct syslayer_start *start);
void syslayer_init_follow(const struct syslayer_start *start);
void syslayer_watched(struct syslayer_call *c, void (*handler)(struct syslayer_call *));
void syslayer_asked(struct syslayer_call *c, void (*handler)(struct syslayer_call *));
#pragma GCC visibility pop

unsigned char syslayer_selected[SYSLAYER_SLOT_COUNT];

void syslayer_wipe(void)
{
	static int done;

	if (!done && state_wiped_end - state_start > 0)
		syslayer_sys(__NR_madvise, state_start, state_wiped_end - state_start, MADV_WIPEONFORK);
	done = 1;
}

void syslayer_init(const struct syslayer_start *start)
{
	syslayer_filter_start(start);
	syslayer_wipe();
	if (syslayer_has_end_hook)
		syslayer_before_fork();
	syslayer_signal_init();
	syslayer_follow_first(start);
	syslayer_start_hook(start);
	/* Before what it reads is hidden. */
	syslayer_dispatch_start(start);
	syslayer_follow(start);
}

/* The start hook of a layer that does nothing else. */
void syslayer_init_follow(const struct syslayer_start *start)
{
	syslayer_filter_start(start);
	syslayer_follow_first(start);
	syslayer_follow(start);
}

/* Calls that the library makes under elfpatch run, as it may have to make them twice (library_watches_file).
 */
static int is_about_file(const struct syslayer_call *c)
{
	switch (c->number) {
	case __NR_truncate:
	case __NR_rename:
	case __NR_creat:
	case __NR_unlink:
	case __NR_chmod:
	case __NR_chown:
	case __NR_lchown:
	case __NR_utime:
	case __NR_utimes:
	case __NR_fchownat:
	case __NR_unlinkat:
	case __NR_renameat:
	case __NR_fchmodat:
	case __NR_utimensat:
	case __NR_renameat2:
		return syslayer_follows();
	}
	return 0;
}

static int is_exec(const struct syslayer_call *c)
{
	return c->number == __NR_execve || c->number == __NR_execveat;
}

/* Calls that are made here, whoever looks at them. */
static int is_ours(const struct syslayer_call *c)
{
	return is_exec(c) || is_about_file(c) || syslayer_is_load(c) || syslayer_is_filter(c);
}

static long make(struct syslayer_call *c)
{
	const long *a = c->argument;
	struct syslayer_filter f;
	long result;

	if (syslayer_is_filter(c))
		syslayer_filter_look(c, &f);
	if (is_exec(c))
		return syslayer_exec(c);
	syslayer_release_open(c);
	result = syslayer_program_call((long)c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (is_about_file(c) && syslayer_release(c, result))
		result = syslayer_program_call((long)c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (syslayer_is_load(c))
		syslayer_load(result);
	if (syslayer_is_filter(c) && result >= 0)
		syslayer_filter_comes(&f);
	return result;
}

static int leaves_its_stack(unsigned long number)
{
	return number == __NR_clone || number == __NR_vfork || number == __NR_clone3 || number == __NR_munmap;
}

/* In the child, which may share this memory. */
static int clears_handlers(const struct syslayer_call *c)
{
	uint64_t flags;

	return c->number == __NR_clone3 &&
	       syslayer_peek(&flags, (const void *)c->argument[0], sizeof flags) == sizeof flags &&
	       flags & CLONE_CLEAR_SIGHAND;
}

/* What a call that is about to be made means to the library. */
static void note(struct syslayer_call *c)
{
	syslayer_alternate_comes(c);
	if (clears_handlers(c))
		syslayer_peek_lost(SIGSEGV);
	/* While there is nobody else who has this memory. */
	if (leaves_its_stack(c->number))
		syslayer_is_mine();
	syslayer_channel_comes(c);
	syslayer_end_before(c);
}

long syslayer_make(struct syslayer_call *c)
{
	if (c->number == __NR_rt_sigaction)
		return syslayer_sigaction(c);
	note(c);
	return syslayer_armed && !is_ours(c) ? syslayer_dispatch_make(c) : make(c);
}

static void answer(struct syslayer_call *c)
{
	syslayer_answer(c, syslayer_make(c));
	if (c->after)
		c->after(c);
}

/*
 * Who is asked about a call that comes back here may have its result: it is made here, as any other, for the
 * handler. Not where a filter would kill for what this takes.
 */
static int is_told(struct syslayer_call *c, void (*handler)(struct syslayer_call *))
{
	int told = c->asked && handler != syslayer_nothing && syslayer_comes_back(c) &&
	           !(syslayer_killed[0] & 1UL << __NR_rt_sigprocmask);

	if (told)
		*(short *)&c->asked = SYSLAYER_ASKED_TELLS;
	return told;
}

/* Where nothing is caught, and nobody wants the result, it is made in its place. */
static void leave(struct syslayer_call *c, int told)
{
	if (syslayer_armed || (told && c->after))
		syslayer_dispatch_leave(c);
}

/* The handler, in front of it the guard of what is kept; whether the layer is told. */
static int handle(struct syslayer_call *c, void (*handler)(struct syslayer_call *))
{
	int is_guarded = syslayer_keep_guard(c), told = is_told(c, handler);

	handler(c);
	if (is_guarded && c->after)
		c->after(c);
	return told;
}

/*
 * A call that stays in its place, as the program compares its pc with it (syslayer-abi(7)). What the handler
 * has changed cannot reach it there, so the call is made here; but for the cancellation points of the C
 * libraries, which are not `asked` (enter.S).
 */
void syslayer_asked(struct syslayer_call *c, void (*handler)(struct syslayer_call *))
{
	const unsigned long given[6] = {c->rdi, c->rsi, c->rdx, c->r10, c->r8, c->r9}, number = c->number;
	int is_changed, told = handle(c, handler);

	if (c->answered)
		return;
	is_changed = c->after || c->number != number;
	for (unsigned i = 0; i < 6; i++)
		is_changed |= (unsigned long)c->argument[i] != given[i];
	syslayer_release_open(c);
	if (leaves_its_stack(number))
		leave(c, told);
	else if (c->asked && is_changed)
		answer(c);
}

/* The handler first: what it answers is not made. */
void syslayer_watched(struct syslayer_call *c, void (*handler)(struct syslayer_call *))
{
	int told = handle(c, handler);

	if (c->answered)
		return;
	if (c->number == __NR_rt_sigaction || (is_exec(c) && syslayer_follows()) || is_about_file(c) ||
	    syslayer_is_load(c) || syslayer_is_filter(c) || (syslayer_armed && syslayer_dispatch_minds(c))) {
		answer(c);
		return;
	}
	syslayer_release_open(c);
	note(c);
	if (told || (c->asked && leaves_its_stack(c->number)))
		leave(c, told);
	else if (syslayer_armed && !c->asked)
		syslayer_dispatch_mask(c);
}
