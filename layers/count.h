/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the counting layer share. */
#ifndef LAYERS_COUNT_H
#define LAYERS_COUNT_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* By number. One row, and not a table of each, as calls that are used together share pages so. */
struct count_row {
	uint64_t calls, errors, ticks;
};
/*
 * A child that shares memory with its parent (vfork) counts into its parent's tables: that of who is alone on
 * the initial stack, without a lock, and that of all others.
 */
extern struct count_row count_alone[SYSLAYER_SLOT_COUNT], count_shared[SYSLAYER_SLOT_COUNT];
/* With an address on the initial stack its sum has a carry; 0: it is not known. */
extern unsigned long count_is_initial;

/* Of the process at its start; all 0 when the start hook has not been called. */
struct count_settings {
	int json, sum;
	char comm[16];      /* as prctl(2), PR_GET_NAME */
	const char *output; /* a path, or NULL for standard error; %p is the pid */
};
extern struct count_settings count_settings;

void count_report(void);
/* A seccomp filter is coming, which may forbid to open the output, and to read the clock, when there is
 * something to say. */
void count_before_filter(void);
/* Counts a call that is about to be made. */
void count_add(struct syslayer_call *c);
/* One with this rsp. */
void count_add_at(unsigned long stack, unsigned long number);
/* When it has been made: whether it failed, and how long it took. */
void count_result(struct syslayer_call *c);
void count_ticks(const struct syslayer_call *c, uint64_t ticks);

/* Whether this is the layer that takes times; from ticks. */
extern const int count_has_time;
uint64_t count_nanoseconds(uint64_t ticks);
void count_time_start(void);

#pragma GCC visibility pop

#endif
