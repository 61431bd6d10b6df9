/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX extended regular expressions, for the names of calls. */
#ifndef LAYERS_PATTERN_H
#define LAYERS_PATTERN_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

#define PATTERN_NAME_MAX 63

/*
 * Whether the expression pattern[0] to pattern[length - 1] matches somewhere in name, of at most
 * PATTERN_NAME_MAX bytes: 1 or 0; or -1: it is none. Back-references and collating elements are none here.
 */
int pattern_matches(const char *pattern, size_t length, const char *name);

#pragma GCC visibility pop

#endif
