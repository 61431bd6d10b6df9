/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sums of a whole file, by which the undo record knows it again: of each piece by itself, so many at a time
 * as there are processors; and of what the scan for targets reads anyway, by the scan.
 */
#ifndef ENGINE_SUMS_H
#define ENGINE_SUMS_H

#include "object.h"

#define SUM_PIECE ((uint64_t)1 << 20)

/* Those of the pieces of one stretch of the file. */
struct summed {
	uint64_t offset, size;
	uint64_t *piece; /* sum_pieces(size) */
};

/* Of all stretches that have been summed. */
struct summed_list {
	struct summed *s;
	size_t count;
};

static inline uint64_t sum_pieces(uint64_t size)
{
	return size / SUM_PIECE + (size % SUM_PIECE != 0);
}

/* The next of the list, with room for the sums; there is room for each segment. Returns NULL with errno. */
uint64_t *summed_add(struct summed_list *list, const struct object *o, uint64_t offset, uint64_t size);
void summed_free(struct summed_list *list);

/* Sum one piece, from first to last, in steps of any multiple of 32 bytes but for the last. */
struct sum_lanes {
	uint64_t lane[4];
};
void sum_begin(struct sum_lanes *l);
void sum_step(struct sum_lanes *l, const unsigned char *p, uint64_t size);
uint64_t sum_end(struct sum_lanes *l, const unsigned char *p, uint64_t size);

/* *sum goes on with bytes of the file, whose pieces may be in the list. Returns 0 or -1 with errno. */
int sum_on(uint64_t *sum, const struct object *o, uint64_t offset, uint64_t size,
           const struct summed_list *list);

#endif
