// SPDX-License-Identifier: BSD-2-Clause
/* Which addresses near sites are branched to, or pointed at: bitmaps that any thread may mark. */
#include <stdlib.h>
#include <string.h>
#include "targets.h"

int targets_init(struct targets *t, uint64_t low, uint64_t high)
{
	size_t bytes = (high - low) / 8 + 1;

	*t = (struct targets){
	    .low = low,
	    .high = high,
	    .wanted = calloc(1, bytes),
	    .hit = calloc(1, bytes),
	    .pointed = calloc(1, bytes),
	    .guessed = calloc(1, bytes),
	};
	return t->wanted && t->hit && t->pointed && t->guessed ? 0 : -1;
}

void targets_free(struct targets *t)
{
	free(t->wanted);
	free(t->hit);
	free(t->pointed);
	free(t->guessed);
	free(t->suspects.s);
	*t = (struct targets){0};
}

void targets_want(struct targets *t, uint64_t start, uint64_t end)
{
	for (uint64_t a = start < t->low ? t->low : start; a < end && a < t->high; a++)
		t->wanted[(a - t->low) / 8] |= (unsigned char)(1 << (a - t->low) % 8);
}

bool targets_wanted(const struct targets *t, uint64_t address)
{
	uint64_t bit = address - t->low;

	return bit < t->high - t->low && t->wanted[bit / 8] >> bit % 8 & 1;
}

static void set(unsigned char *bits, uint64_t bit)
{
	__atomic_fetch_or(bits + bit / 8, (unsigned char)(1 << bit % 8), __ATOMIC_RELAXED);
}

void targets_mark(struct targets *t, uint64_t address)
{
	if (targets_wanted(t, address))
		set(t->hit, address - t->low);
}

void targets_mark_pointed(struct targets *t, uint64_t address)
{
	if (targets_wanted(t, address))
		set(t->pointed, address - t->low);
}

void targets_mark_guessed(struct targets *t, uint64_t address)
{
	if (targets_wanted(t, address))
		set(t->guessed, address - t->low);
}

static bool marked(const struct targets *t, const unsigned char *bits, uint64_t address)
{
	uint64_t bit = address - t->low;

	return targets_wanted(t, address) && bits[bit / 8] >> bit % 8 & 1;
}

bool targets_pointed(const struct targets *t, uint64_t address)
{
	return marked(t, t->pointed, address);
}

void targets_confirm(struct targets *t, uint64_t address)
{
	if (marked(t, t->pointed, address) || marked(t, t->guessed, address))
		set(t->hit, address - t->low);
}

bool targets_hit(const struct targets *t, uint64_t start, uint64_t end)
{
	for (uint64_t a = start + 1; a < end; a++) {
		uint64_t bit = a - t->low;

		if (a >= t->low && a < t->high && t->hit[bit / 8] >> bit % 8 & 1)
			return true;
	}
	return false;
}

bool targets_suspected(const struct targets *t, uint64_t start, uint64_t end)
{
	for (uint64_t a = start; a < end; a++)
		if (!targets_wanted(t, a) || marked(t, t->hit, a) || marked(t, t->pointed, a) ||
		    marked(t, t->guessed, a))
			return true;
	return false;
}
