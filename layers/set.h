/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of calls, as strace(1) writes them; names of calls and of errors. */
#ifndef LAYERS_SET_H
#define LAYERS_SET_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/*
 * The set that text[0] to text[length - 1] describes: names, numbers, classes (file, %file), /PATTERN, all,
 * none, separated by commas; "?" before one that may be none; "!" before the first for all others. Marks them
 * in table. 0, or -1: then *bad and *bad_length are the word that is none.
 */
int set_parse(unsigned char table[SYSLAYER_SLOT_COUNT], const char *text, size_t length, const char **bad,
              size_t *bad_length);

/* "" if the number has none. */
const char *set_name(unsigned long number);

/* "ENOENT" and its message, or "". */
const char *set_error(unsigned number, const char **message);
/* The number of an error by its name, or 0. */
unsigned set_error_number(const char *name, size_t length);

/* A signal by name, with or without SIG, or number; or 0. */
unsigned set_signal_number(const char *name, size_t length);

/* Decimal, 0x or 0; returns 0 if it is none. */
int set_number(const char *text, size_t length, unsigned long *number);

#pragma GCC visibility pop

#endif
