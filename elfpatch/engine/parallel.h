/* SPDX-License-Identifier: BSD-2-Clause */
/* Work that can be cut into parts, on all processors. */
#ifndef ENGINE_PARALLEL_H
#define ENGINE_PARALLEL_H

#include <stdint.h>

#define PARALLEL_MAX 64

/* Part number `part` of `parts`, at most PARALLEL_MAX. Returns 0 or -1 with errno. */
typedef int parallel_work(void *arg, unsigned part, unsigned parts);

/* Where part number `part` of `parts` of size bytes begins; parts begin at multiples of 64. */
uint64_t parallel_cut(uint64_t size, unsigned part, unsigned parts);
/*
 * Do all parts of work that reads as many bytes: in this thread alone when they are few.
 * Returns 0 or -1 with the errno of a part that failed; the others are done all the same.
 */
int parallel(uint64_t bytes, parallel_work *work, void *arg);

#endif
