/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the counting layer share. */
#ifndef LAYERS_COUNT_H
#define LAYERS_COUNT_H

#include "lib.h"

#pragma GCC visibility push(hidden)

/* A hooked call: count.S makes it on the stack, and takes the registers back from it. */
struct count_call {
	long number; /* rax: also the result, when the call is answered */
	long argument[6];
	long flags;
};

/*
 * Pages that fork does not copy: a child finds zeros. A child that shares memory with its
 * parent (vfork) counts into its parent's table, and never prints it.
 */
#define COUNT_WIPED __attribute__((section(".bss.wiped")))

extern uint64_t count_calls[SYSLAYER_SLOT_COUNT], count_errors[SYSLAYER_SLOT_COUNT];

/* Of the process at its start; all 0 when the start hook has not been called. */
struct count_settings {
	int json;
	int signals;       /* the handler of fatal signals is in place */
	char comm[16];     /* as prctl(2), PR_GET_NAME */
	char output[4096]; /* a path, or "" for standard error; %p is the pid */
};
extern struct count_settings count_settings;

/* Whether the table is this process's own: not in a child that shares memory with its parent. */
int count_is_mine(void);

/* Print the table. A final one is printed once; where another thread is at it, wait for that. */
void count_report(int final);

/* exit(2) of one thread is about to be called: whether it ends the process. */
int count_is_last_thread(void);
/* A thread may be born. */
void count_thread_comes(void);

/* Whether execve(2) or execveat(2) of this will very likely succeed. */
int count_exec_would_do(const struct count_call *c);

void count_signal_init(void);
/* rt_sigaction(2) for the program, which does not see our handler: result or -errno. */
long count_sigaction(const struct count_call *c);

#pragma GCC visibility pop

#endif
