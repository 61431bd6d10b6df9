// SPDX-License-Identifier: BSD-2-Clause
/*
 * gettid(2) costs as much as half a line. Threads are told apart by the address of their
 * thread-local storage, where user code can read it (FSGSBASE) and each has its own.
 */
#include <elf.h>
#include <linux/sched.h>
#include "trace-thread.h"

#define ENTRIES 64

/* Above the low 22 bits, which are the number (PID_MAX_LIMIT), the address, which is never in the same 32
 * bytes. */
static SYSLAYER_WIPED unsigned long known[ENTRIES];
static SYSLAYER_WIPED unsigned long last;
static int can_read;
/* There are threads without storage of their own. */
static SYSLAYER_WIPED int borrowed;

/*
 * A child of vfork(2) has its parent's storage, which waits until the child has gone its own way. Until one
 * of these is seen again, nobody is known by storage.
 */
#define PARENTS 16
static SYSLAYER_WIPED int parents[PARENTS], waiting;

static unsigned long own_storage(void)
{
	unsigned long fs;

	__asm__("rdfsbase %0" : "=r"(fs));
	return fs;
}

static unsigned long *entry(unsigned long fs)
{
	return &known[(fs >> 12 ^ fs >> 6) % ENTRIES];
}

static void forget(unsigned long fs)
{
	__atomic_store_n(entry(fs), 0, __ATOMIC_RELAXED);
}

void trace_thread_start(const struct syslayer_start *start)
{
	const long *p = start->stack + 1 + start->stack[0] + 1;

	while (*p++)
		;
	for (; *p != AT_NULL; p += 2)
		if (*p == AT_HWCAP2)
			can_read = !!(p[1] & 2); /* HWCAP2_FSGSBASE */
}

static void parent_waits(int tid)
{
	for (unsigned i = 0; i < PARENTS; i++)
		if (__atomic_load_n(&parents[i], __ATOMIC_SEQ_CST) == tid)
			return;
	for (unsigned i = 0; i < PARENTS; i++) {
		int none = 0;

		if (__atomic_compare_exchange_n(&parents[i], &none, tid, 0, __ATOMIC_SEQ_CST,
		                                __ATOMIC_SEQ_CST)) {
			__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
			return;
		}
	}
	__atomic_store_n(&borrowed, 1, __ATOMIC_RELAXED);
}

static uint64_t ask_while_waiting(void)
{
	int tid = (int)syslayer_sys(__NR_gettid);

	for (unsigned i = 0; i < PARENTS; i++)
		if (__atomic_load_n(&parents[i], __ATOMIC_SEQ_CST) == tid) {
			__atomic_store_n(&parents[i], 0, __ATOMIC_SEQ_CST);
			__atomic_sub_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
		}
	return (uint64_t)tid;
}

uint64_t trace_thread(void)
{
	unsigned long fs, value, tid;

	if (!can_read || __atomic_load_n(&borrowed, __ATOMIC_RELAXED))
		return (uint64_t)syslayer_sys(__NR_gettid);
	if (__atomic_load_n(&waiting, __ATOMIC_RELAXED))
		return ask_while_waiting();
	fs = own_storage();
	value = __atomic_load_n(entry(fs), __ATOMIC_RELAXED);
	if (fs && value >> 22 == fs >> 5)
		return value & 0x3fffff;
	tid = (unsigned long)syslayer_sys(__NR_gettid);
	/* A filter forbids to ask. */
	if (tid >= -4095UL)
		return __atomic_load_n(&last, __ATOMIC_RELAXED);
	__atomic_store_n(entry(fs), fs >> 5 << 22 | tid, __ATOMIC_RELAXED);
	__atomic_store_n(&last, tid, __ATOMIC_RELAXED);
	return tid;
}

void trace_thread_changes(const struct syslayer_call *c)
{
	/* struct clone_args, as far as is needed */
	unsigned long args[8] = {0};
	unsigned long flags = (unsigned long)c->argument[0], storage = (unsigned long)c->argument[4];

	switch (c->number) {
	case __NR_vfork:
		flags = CLONE_VM | CLONE_VFORK;
		break;
	case __NR_clone3:
		syslayer_peek(args, (const void *)c->argument[0], sizeof args);
		flags = args[0];
		storage = args[7];
		break;
	case __NR_clone:
		break;
	case __NR_exit:
	case __NR_arch_prctl:
	case __NR_execve:
	case __NR_execveat:
	case __NR_exit_group:
		if (can_read)
			forget(own_storage());
		return;
	default:
		return;
	}
	if (!(flags & CLONE_VM))
		return;
	if (flags & CLONE_SETTLS) {
		forget(storage);
	} else if (flags & CLONE_VFORK && can_read) {
		parent_waits((int)syslayer_sys(__NR_gettid));
		forget(own_storage());
	} else {
		__atomic_store_n(&borrowed, 1, __ATOMIC_RELAXED);
	}
}
