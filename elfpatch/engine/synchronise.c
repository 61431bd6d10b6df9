// SPDX-License-Identifier: BSD-2-Clause
/* Where to begin to decode in code that nothing tells about, and there is much of it. */
#include "finder.h"

/* From a start that is no farther away than this, everything is decoded. */
#define NEAR 8192
/* Callers look at what is before the address, too. */
#define BEFORE 320
/* An instruction has so many bytes at most. */
#define LONGEST 15

static uint64_t step(const struct finder *f, const struct code *c, uint64_t at)
{
	struct instruction in = {.address = at};

	decode(&f->decoder, c->bytes + (at - c->address), c->address + c->size - at, &in);
	return at + in.length;
}

/*
 * Of as many neighbouring addresses as an instruction can have bytes, one is the start of an instruction.
 * Decode from each of them: x86 code falls into step with itself within a few instructions, and where all
 * have met there is an instruction, whichever was the right one. 0: they have not met before the limit.
 */
static uint64_t meet(const struct finder *f, const struct code *c, uint64_t base, uint64_t limit)
{
	unsigned char first[NEAR / 8] = {0};
	uint64_t where = base;

	for (uint64_t at = base; at < limit; at = step(f, c, at))
		first[(at - base) / 8] |= (unsigned char)(1 << (at - base) % 8);
	for (unsigned k = 1; k < LONGEST; k++) {
		uint64_t at = base + k;

		while (at < limit && !(first[(at - base) / 8] >> (at - base) % 8 & 1))
			at = step(f, c, at);
		if (at >= limit)
			return 0;
		where = at > where ? at : where;
	}
	return where;
}

uint64_t synchronise(const struct finder *f, const struct code *c, uint64_t start, uint64_t address)
{
	if (address < start || address - start <= NEAR)
		return start;
	for (uint64_t back = 2 * BEFORE; back <= NEAR; back *= 2) {
		uint64_t where = meet(f, c, address - back, address - BEFORE);

		if (where)
			return where;
	}
	return start;
}
