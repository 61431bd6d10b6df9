/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of the tracing layer, those of strace(1) as far as they go. */
#ifndef LAYERS_TRACE_OPTIONS_H
#define LAYERS_TRACE_OPTIONS_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

extern struct trace_options {
	unsigned char set[SYSLAYER_SLOT_COUNT]; /* what is traced */
	unsigned size;                          /* -s */
	int relative, stamp, duration, json;    /* -r; -t once to three times; -T */
} trace_options;

/* From SYSLAYER_TRACE, SYSLAYER_OUTPUT and SYSLAYER_FORMAT; says what is wrong, and ends the program. */
void trace_options_read(const struct syslayer_start *start);

#pragma GCC visibility pop

#endif
