/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Searches through a text of many megabytes, 32 bytes at a time. Inline, for the compiler
 * to know the constants: what is found is rare, and looking for it has to cost no more than
 * reading.
 */
#ifndef ENGINE_SEARCH_H
#define ENGINE_SEARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What is looked for begins in [from, to), and may end as far as size; offsets in bytes. */
struct stretch {
	const unsigned char *bytes;
	uint64_t from, to, size;
};

#define SEARCH_INLINE static inline __attribute__((always_inline))

/* For functions that search: for processors that have such vectors, and for others. AFL++'s compiler dies of
 * it. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__AFL_COMPILER)
#define SEARCH_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SEARCH_CLONES
#endif

#define SEARCH_BLOCK 32
typedef unsigned char search_bytes __attribute__((vector_size(SEARCH_BLOCK)));
typedef uint16_t search_halves __attribute__((vector_size(SEARCH_BLOCK)));
typedef int16_t search_signed_halves __attribute__((vector_size(SEARCH_BLOCK)));
typedef uint32_t search_words __attribute__((vector_size(SEARCH_BLOCK)));
typedef int32_t search_signed_words __attribute__((vector_size(SEARCH_BLOCK)));
typedef int64_t search_signed_parts __attribute__((vector_size(SEARCH_BLOCK)));
typedef uint64_t search_parts __attribute__((vector_size(SEARCH_BLOCK)));

/*
 * Of a vector whose bytes are 0 or 0xff: whether any is not 0, and a bit for each byte. By value, and no
 * function: there is no ABI for such arguments.
 */
#ifdef __SSE2__
typedef union {
	search_bytes all;
	__m128i half[2];
} search_halved;
#define SEARCH_HALF(vector, i) (((search_halved){.all = (search_bytes)(vector)}).half[i])
#define SEARCH_ANY(vector) _mm_movemask_epi8(SEARCH_HALF(vector, 0) | SEARCH_HALF(vector, 1))
#define SEARCH_MASK(vector)                                                                                  \
	((uint32_t)_mm_movemask_epi8(SEARCH_HALF(vector, 0)) |                                               \
	 (uint32_t)_mm_movemask_epi8(SEARCH_HALF(vector, 1)) << 16)
#else
#define SEARCH_PART(vector, i) (((search_parts)(vector))[i])
#define SEARCH_ANY(vector)                                                                                   \
	(SEARCH_PART(vector, 0) | SEARCH_PART(vector, 1) | SEARCH_PART(vector, 2) | SEARCH_PART(vector, 3))
/* The least bit of each byte, moved together. */
#define SEARCH_BITS(vector, i)                                                                               \
	((uint32_t)((SEARCH_PART(vector, i) & 0x0101010101010101) * 0x0102040810204080 >> 56) << 8 * (i))
#define SEARCH_MASK(vector)                                                                                  \
	(SEARCH_BITS(vector, 0) | SEARCH_BITS(vector, 1) | SEARCH_BITS(vector, 2) | SEARCH_BITS(vector, 3))
#endif

/* Processors read ahead, but up to the end of a page only. */
#define SEARCH_READ_AHEAD 4096

/* Where a search is: what is in mask has been found at block, a bit a byte. */
struct search {
	const unsigned char *p;
	uint64_t block, next, to; /* to: for what begins before it all bytes are there */
	uint64_t mask;
};

SEARCH_INLINE struct search search_begin(const struct stretch *s, uint64_t from, uint64_t length)
{
	uint64_t last = s->size > length - 1 ? s->size - (length - 1) : 0;

	return (struct search){.p = s->bytes, .next = from, .to = s->to < last ? s->to : last};
}

/* At the end, and where vectors are of no use, all are to be looked at one by one. */
SEARCH_INLINE bool search_rest(struct search *s)
{
	uint64_t n = s->next < s->to ? s->to - s->next : 0;

	n = n < SEARCH_BLOCK ? n : SEARCH_BLOCK;
	s->block = s->next;
	s->next += n;
	s->mask = ((uint64_t)1 << n) - 1;
	return n;
}

/* The next place with p[i] == first and (p[i + 1] & mask) == second; or false. */
SEARCH_INLINE bool search_pair(struct search *s, unsigned char first, unsigned char mask,
                               unsigned char second, uint64_t *found)
{
	for (;;) {
		while (s->mask) {
			*found = s->block + (uint64_t)__builtin_ctzll(s->mask);
			s->mask &= s->mask - 1;
			if (s->p[*found] == first && (s->p[*found + 1] & mask) == second)
				return true;
		}
		for (; s->next + SEARCH_BLOCK <= s->to; s->next += SEARCH_BLOCK) {
			search_bytes a, b;

			__builtin_prefetch(s->p + s->next + SEARCH_READ_AHEAD);
			memcpy(&a, s->p + s->next, sizeof a);
			memcpy(&b, s->p + s->next + 1, sizeof b);
			a = (search_bytes)(a == first) & (search_bytes)((b & mask) == second);
			if (!SEARCH_ANY(a))
				continue;
			s->mask = SEARCH_MASK(a);
			s->block = s->next;
			s->next += SEARCH_BLOCK;
			break;
		}
		if (!s->mask && !search_rest(s))
			return false;
	}
}

/*
 * The next place i at which the 4 bytes, plus slope times i, less base, are below span, modulo
 * 2^32; or false. Over a piece of code such a window moves by no more than the piece is long: the upper
 * halves of what may be in it are few, and vectors look at these.
 */
SEARCH_INLINE bool search_window(struct search *s, uint32_t slope, uint32_t base, uint32_t span,
                                 uint64_t *found)
{
	uint32_t first = base - slope * (uint32_t)s->to;
	uint64_t end = (uint64_t)first + span + slope * (s->to - (s->next < s->to ? s->next : s->to));
	uint64_t halves = (end >> 16) - (first >> 16) + 1;
	/* They compare with a sign only. */
	uint16_t low = (uint16_t)((first >> 16) + 0x8000);
	int16_t limit = (int16_t)(halves - 0x8000);

	for (;;) {
		while (s->mask) {
			uint32_t value;

			*found = s->block + (uint64_t)__builtin_ctzll(s->mask);
			s->mask &= s->mask - 1;
			memcpy(&value, s->p + *found, 4);
			if (value + slope * (uint32_t)*found - base < span)
				return true;
		}
		for (; halves <= 0xffff && s->next + SEARCH_BLOCK <= s->to; s->next += SEARCH_BLOCK) {
			search_halves even, odd;

			memcpy(&even, s->p + s->next + 2, sizeof even);
			memcpy(&odd, s->p + s->next + 3, sizeof odd);
			even = (search_halves)((search_signed_halves)(even - low) < limit);
			odd = (search_halves)((search_signed_halves)(odd - low) < limit);
			if (!SEARCH_ANY(even | odd))
				continue;
			s->mask = (SEARCH_MASK(even) & 0x55555555) | (SEARCH_MASK(odd) & 0xaaaaaaaa);
			s->block = s->next;
			s->next += SEARCH_BLOCK;
			break;
		}
		if (!s->mask && !search_rest(s))
			return false;
	}
}

/* The same in steps of 4, and with a window that stays. */
SEARCH_INLINE bool search_aligned(struct search *s, uint32_t base, uint32_t span, uint64_t *found)
{
	int32_t limit = (int32_t)(span - 0x80000000u);

	for (;;) {
		for (s->mask &= 0x11111111; s->mask;) {
			uint32_t value;

			*found = s->block + (uint64_t)__builtin_ctzll(s->mask);
			s->mask &= s->mask - 1;
			memcpy(&value, s->p + *found, 4);
			if (value - base < span)
				return true;
		}
		for (; s->next + SEARCH_BLOCK <= s->to; s->next += SEARCH_BLOCK) {
			search_words value;

			__builtin_prefetch(s->p + s->next + SEARCH_READ_AHEAD);
			memcpy(&value, s->p + s->next, sizeof value);
			value = (search_words)((search_signed_words)(value - (base + 0x80000000u)) < limit);
			if (!SEARCH_ANY(value))
				continue;
			s->mask = SEARCH_MASK(value);
			s->block = s->next;
			s->next += SEARCH_BLOCK;
			break;
		}
		if (!s->mask && !search_rest(s))
			return false;
	}
}

/* The same with 8 bytes, in steps of 8. */
SEARCH_INLINE bool search_pointer(struct search *s, uint64_t base, uint64_t span, uint64_t *found)
{
	const uint64_t sign = (uint64_t)1 << 63;
	int64_t limit = (int64_t)(span - sign);

	for (;;) {
		for (s->mask &= 0x01010101; s->mask;) {
			uint64_t value;

			*found = s->block + (uint64_t)__builtin_ctzll(s->mask);
			s->mask &= s->mask - 1;
			memcpy(&value, s->p + *found, 8);
			if (value - base < span)
				return true;
		}
		for (; s->next + SEARCH_BLOCK <= s->to; s->next += SEARCH_BLOCK) {
			search_parts value;

			memcpy(&value, s->p + s->next, sizeof value);
			value = (search_parts)((search_signed_parts)(value - (base + sign)) < limit);
			if (!SEARCH_ANY(value))
				continue;
			s->mask = SEARCH_MASK(value);
			s->block = s->next;
			s->next += SEARCH_BLOCK;
			break;
		}
		if (!s->mask && !search_rest(s))
			return false;
	}
}

#endif
