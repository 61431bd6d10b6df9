/* SPDX-License-Identifier: BSD-2-Clause */
/* The number of the thread that runs, without asking the kernel each time. */
#ifndef LAYERS_TRACE_THREAD_H
#define LAYERS_TRACE_THREAD_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

void trace_thread_start(const struct syslayer_start *start);
uint64_t trace_thread(void);
/* Before each call that makes, ends or renames a thread, and after what is said of it. */
void trace_thread_changes(const struct syslayer_call *c);

#pragma GCC visibility pop

#endif
