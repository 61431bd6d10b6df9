/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that syslayer made, and that something has changed. The input says which file, and what is changed
 * in it; sums can be made to agree, so that what stands behind them is read.
 *
 * Input: the file; flags; then four bytes a change: region, place in it (2), value.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "fuzz.h"

enum changes { CHANGES_SUM = 1, CHANGES_RECORD = 2, CHANGES_CUT = 4 };

/* Once, before the first. */
void changes_begin(void);
/* The changed file, to be freed, its length, and what it was before; or NULL: the input is too short. */
unsigned char *changed_file(const unsigned char *bytes, size_t size, const struct base **base,
                            uint64_t *length);

#endif
