/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Searches through a text of many megabytes, 16 bytes at a time. Inline, for the compiler
 * to know the constants: what is found is rare, and looking for it has to cost no more than
 * reading.
 */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include <stdint.h>
#include <string.h>

/* What is looked for begins in [from, to), and may end as far as size; offsets in bytes. */
struct stretch {
	const unsigned char *bytes;
	uint64_t from, to, size;
};

#define SEARCH_INLINE static inline __attribute__((always_inline))

typedef unsigned char search_bytes __attribute__((vector_size(16)));
typedef uint32_t search_lanes __attribute__((vector_size(16)));
typedef int32_t search_signed __attribute__((vector_size(16)));

SEARCH_INLINE uint64_t search_any(const void *v)
{
	uint64_t half[2];

	memcpy(half, v, sizeof half);
	return half[0] | half[1];
}

/* The first i from i on with bytes[i] == first and (bytes[i + 1] & mask) == second, or to. */
SEARCH_INLINE uint64_t search_pair(const struct stretch *s, uint64_t i, unsigned char first,
                                   unsigned char mask, unsigned char second)
{
	const unsigned char *p = s->bytes;
	uint64_t last = s->size ? s->size - 1 : 0, to = s->to < last ? s->to : last;

	for (; i + 17 <= to; i += 16) {
		search_bytes a, b, found;
		uint64_t half[2];

		memcpy(&a, p + i, sizeof a);
		memcpy(&b, p + i + 1, sizeof b);
		found = (search_bytes)(a == first) & (search_bytes)((b & mask) == second);
		memcpy(half, &found, sizeof half);
		if (half[0])
			return i + (uint64_t)__builtin_ctzll(half[0]) / 8;
		if (half[1])
			return i + 8 + (uint64_t)__builtin_ctzll(half[1]) / 8;
	}
	for (; i < to; i++)
		if (p[i] == first && (p[i + 1] & mask) == second)
			return i;
	return s->to;
}

SEARCH_INLINE search_signed search_below(const unsigned char *p, search_lanes at, int32_t limit)
{
	search_lanes value;

	memcpy(&value, p, sizeof value);
	return (search_signed)(value + at) < limit;
}

/*
 * The first i from i on, in steps of 1 or 4, at which the 4 bytes, plus slope times i, less
 * base, are below span, modulo 2^32; or to. Vectors compare with a sign only: all of it is
 * moved down by 2^31.
 */
SEARCH_INLINE uint64_t search_window(const struct stretch *s, uint64_t i, unsigned step, uint32_t slope,
                                     uint32_t base, uint32_t span)
{
	const unsigned char *p = s->bytes;
	uint64_t last = s->size > 3 ? s->size - 3 : 0, to = s->to < last ? s->to : last;
	search_lanes at = (search_lanes){0, 4, 8, 12} * slope + ((uint32_t)i * slope - base - 0x80000000u);
	int32_t limit = (int32_t)(span - 0x80000000u);

	for (; i + 20 <= to; i += 16, at += 16 * slope) {
		search_signed within = search_below(p + i, at, limit);

		if (step == 1) {
			within |= search_below(p + i + 1, at + slope, limit);
			within |= search_below(p + i + 2, at + 2 * slope, limit);
			within |= search_below(p + i + 3, at + 3 * slope, limit);
		}
		if (search_any(&within))
			break;
	}
	for (; i < to; i += step) {
		uint32_t value;

		memcpy(&value, p + i, 4);
		if (value + slope * (uint32_t)i - base < span)
			return i;
	}
	return s->to;
}

#endif
