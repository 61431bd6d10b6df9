// SPDX-License-Identifier: BSD-2-Clause
/* When a process ends: by which calls, and whose memory this is. */
#include <linux/sched.h>
#include <linux/time_types.h>
#include "library.h"

#pragma GCC visibility push(hidden)
void syslayer_ends_before(struct syslayer_call *c);
void syslayer_ends_by_signal(int sig);
void syslayer_wipes_before_fork(void);
#pragma GCC visibility pop

static SYSLAYER_WIPED int owner;  /* pid of the process that the memory belongs to, or 0 */
static SYSLAYER_WIPED int ending; /* tid of the thread that is at it */
static SYSLAYER_WIPED int ended;

/*
 * Called before there can be another process that shares this memory, so the first to call
 * it is the owner: the program, or, the word being zeroed, a child of fork.
 */
int syslayer_is_mine(void)
{
	int pid = (int)syslayer_sys(__NR_getpid), none = 0;

	/* A filter kills for that. */
	if (pid < 0)
		return 1;
	return __atomic_compare_exchange_n(&owner, &none, pid, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
	       none == pid;
}

void syslayer_wipes_before_fork(void)
{
	syslayer_wipe();
	syslayer_is_mine();
}

static void end(int why, int status, const struct syslayer_call *c)
{
	const struct __kernel_timespec pause = {.tv_nsec = 1000000};
	const struct syslayer_end e = {.why = why, .status = status, .call = c};
	int tid = (int)syslayer_sys(__NR_gettid), other = 0;

	/*
	 * Who comes second is about to end the process, so it waits; not for ever, as the first
	 * may write into a pipe that is full. A signal handler that interrupted this very
	 * thread's hook would wait for itself.
	 */
	for (unsigned i = 0; i < 2000; i++, other = 0) {
		if (__atomic_compare_exchange_n(&ending, &other, tid, 0, __ATOMIC_SEQ_CST,
		                                __ATOMIC_SEQ_CST)) {
			if (!ended)
				syslayer_end_hook(&e);
			ended |= why != SYSLAYER_EXEC;
			__atomic_store_n(&ending, 0, __ATOMIC_SEQ_CST);
			return;
		}
		if (other == tid)
			return;
		syslayer_sys(__NR_nanosleep, &pause);
	}
}

void syslayer_ends_by_signal(int sig)
{
	if (syslayer_is_mine())
		end(SYSLAYER_SIGNAL, sig, NULL);
}

void syslayer_ends_before(struct syslayer_call *c)
{
	switch (c->number) {
	case __NR_clone:
		if (c->argument[0] & CLONE_VM)
			syslayer_thread_comes();
		syslayer_wipes_before_fork();
		break;
	case __NR_clone3:
		/* Its flags lie where the kernel may refuse to read. */
		syslayer_thread_comes();
		syslayer_wipes_before_fork();
		break;
	case __NR_fork:
	case __NR_vfork:
		syslayer_wipes_before_fork();
		break;
	case __NR_execve:
	case __NR_execveat:
		if (syslayer_is_mine() && syslayer_exec_would_do(c))
			end(SYSLAYER_EXEC, 0, c);
		break;
	case __NR_exit:
		if (syslayer_is_mine() && syslayer_is_last_thread())
			end(SYSLAYER_EXIT, (int)c->argument[0], c);
		break;
	case __NR_exit_group:
		if (syslayer_is_mine())
			end(SYSLAYER_EXIT, (int)c->argument[0], c);
		break;
	}
}
