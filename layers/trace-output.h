/* SPDX-License-Identifier: BSD-2-Clause */
/* The file that lines are appended to. */
#ifndef LAYERS_TRACE_OUTPUT_H
#define LAYERS_TRACE_OUTPUT_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* 0 or -errno. Until then, and after an error, lines go to standard error. */
long output_open(const char *path);
/* One line, whole. */
void output_write(const char *s, size_t length);
/* Answers close(2) and dup2(2) of the file itself. */
void output_guard(struct syslayer_call *c);

#pragma GCC visibility pop

#endif
