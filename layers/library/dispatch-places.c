// SPDX-License-Identifier: BSD-2-Clause
/* Counts calls that were caught: of each number, and of each place in memory. */
#include "dispatch.h"

#define PLACES 256

struct place {
	unsigned long key; /* address and number, or 0 */
	unsigned long calls;
};

static SYSLAYER_WIPED_LARGE uint64_t outside[SYSLAYER_SLOT_COUNT];
static SYSLAYER_WIPED_LARGE struct place places[PLACES];

void syslayer_count_outside(unsigned number, unsigned long address)
{
	unsigned long key = address << 9 | number;

	__atomic_add_fetch(&outside[number], 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < PLACES; i++) {
		struct place *p = places + (key / 2 + i) % PLACES;
		unsigned long none = 0;

		if (__atomic_compare_exchange_n(&p->key, &none, key, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
		    none == key) {
			__atomic_add_fetch(&p->calls, 1, __ATOMIC_RELAXED);
			return;
		}
	}
}

int syslayer_is_exhaustive(void)
{
	return syslayer_armed;
}

uint64_t syslayer_calls_outside(unsigned number)
{
	return __atomic_load_n(&outside[number], __ATOMIC_RELAXED);
}

int syslayer_place_outside(unsigned at, struct syslayer_place *place)
{
	struct mapping m;
	unsigned long key;

	for (; at < PLACES; at++) {
		key = __atomic_load_n(&places[at].key, __ATOMIC_RELAXED);
		if (!key)
			continue;
		*place = (struct syslayer_place){
		    .number = (unsigned)(key % SYSLAYER_SLOT_COUNT),
		    .address = key >> 9,
		    .calls = __atomic_load_n(&places[at].calls, __ATOMIC_RELAXED),
		    .offset = key >> 9,
		};
		if (syslayer_mapping(place->address, &m)) {
			memcpy(place->file, m.name, sizeof place->file);
			place->offset += m.offset - m.start;
		}
		return (int)at + 1;
	}
	return 0;
}
