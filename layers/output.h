/* SPDX-License-Identifier: BSD-2-Clause */
/* Where layers write what they have to say; the program cannot close it. */
#ifndef LAYERS_OUTPUT_H
#define LAYERS_OUTPUT_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* Of the output; 0: standard error, whatever that is by then; -1: there is none. */
extern int output_descriptor;

/* Append to a file: 0 or -errno. */
long output_open(const char *path);
/* Standard error as it is now, whatever the program makes of it. */
void output_keep_error(void);
/* One line or more, whole. */
void output_write(const char *s, size_t length);
/* Before dup, fcntl, fstat and newfstatat(2), by which programs look for open descriptors: there is none;
 * before setrlimit and prlimit64(2), which make of a write one that is careful. */
void output_guard(struct syslayer_call *c);
/* Declares f, which calls it, for all of these. */
#define OUTPUT_GUARDED(f)                                                                                    \
	SYSLAYER_HANDLE(dup, f);                                                                             \
	SYSLAYER_HANDLE(fcntl, f);                                                                           \
	SYSLAYER_HANDLE(fstat, f);                                                                           \
	SYSLAYER_HANDLE(newfstatat, f);                                                                      \
	SYSLAYER_HANDLE(prlimit64, f);                                                                       \
	SYSLAYER_HANDLE(setrlimit, f)

#pragma GCC visibility pop

#endif
