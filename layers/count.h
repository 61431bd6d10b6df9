/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the counting layer share. */
#ifndef LAYERS_COUNT_H
#define LAYERS_COUNT_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* A child that shares memory with its parent (vfork) counts into its parent's table. */
extern uint64_t count_calls[SYSLAYER_SLOT_COUNT], count_errors[SYSLAYER_SLOT_COUNT];

/* Of the process at its start; all 0 when the start hook has not been called. */
struct count_settings {
	int json, sum;
	char comm[16];     /* as prctl(2), PR_GET_NAME */
	char output[4096]; /* a path, or "" for standard error; %p is the pid */
};
extern struct count_settings count_settings;

void count_report(void);
/* Whether the call failed. */
void count_result(struct syslayer_call *c);

/* Whether this is the layer that takes times, and what it took in calls of this number. */
extern const int count_has_time;
uint64_t count_nanoseconds(unsigned number);

#pragma GCC visibility pop

#endif
