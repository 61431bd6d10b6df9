/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the injecting layer share. */
#ifndef LAYERS_INJECT_H
#define LAYERS_INJECT_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

enum { FAULTS = 16 };

struct fault {
	int answers; /* error= or retval=: the call is not made */
	long result;
	int signal;
	unsigned long before, after; /* nanoseconds */
	int has_call;
	unsigned long call;              /* made in its stead */
	unsigned long first, last, step; /* of its calls, from 1 on; step 0: first alone */
	unsigned long chance;            /* of 2^32; 0: always */
	unsigned long seed;
};

extern struct fault inject_faults[FAULTS];
/* Of a number: which fault, from 1 on, or 0. */
extern unsigned char inject_fault_of[SYSLAYER_SLOT_COUNT];

/* From SYSLAYER_INJECT; says what is wrong, and ends the program. */
void inject_read(const struct syslayer_start *start);

#pragma GCC visibility pop

#endif
