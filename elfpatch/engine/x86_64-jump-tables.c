// SPDX-License-Identifier: BSD-2-Clause
/* Jump tables of position independent code: who may be one, and where it leads. */
#include <stdlib.h>
#include <string.h>
#include "added.h"
#include "finder.h"
#include "search.h"
#include "targets.h"

int jump_tables_init(struct jump_tables *t, const struct object *o)
{
	const Elf64_Phdr *last = o->ph + last_load(o);
	uint64_t end = last->p_vaddr + last->p_memsz;
	size_t first = 0;

	while (o->ph[first].p_type != PT_LOAD)
		first++;
	/* Sites are near the end, and lea reaches no further from them. */
	t->low = o->ph[first].p_vaddr & ~3ull;
	if (end - t->low > 2 * REACH)
		t->low = (end - 2 * REACH) & ~3ull;
	t->words = (end - t->low) / 128 + 1;
	t->bit = calloc(t->words, sizeof *t->bit);
	return t->bit ? 0 : -1;
}

static void set(uint32_t *word, uint32_t bit)
{
	/* Most of them are known already. */
	if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
}

void jump_tables_free(struct jump_tables *t)
{
	free(t->bit);
}

/* What a lea loads may be the start of a jump table, which may lie in the code itself. */
void jump_tables_find(struct jump_tables *t, const struct stretch *s, uint64_t address)
{
	for (uint64_t i = s->from; (i = search_pair(s, i, 0x8d, 0xc7, 0x05)) < s->to; i++) {
		int32_t displacement;
		uint64_t at;

		if (s->size - i < 6)
			break;
		memcpy(&displacement, s->bytes + i + 2, 4);
		at = address + i + 6 + (uint64_t)(int64_t)displacement - t->low;
		if (!(at & 3) && at / 128 < t->words)
			set(t->bit + at / 128, 1u << at / 4 % 32);
	}
}

/*
 * 4-byte distances from the table's own start. Entries are believed as long as they lead into the same
 * segment of code, up to where the next one begins.
 */
static void mark_table(struct targets *t, const struct jump_tables *ts, const struct object *o,
                       uint64_t table)
{
	const struct load *code = NULL;

	for (uint64_t at = table;;) {
		const unsigned char *entry = object_at(o, at, 4);
		uint64_t target, next;
		int32_t distance;

		if (!entry)
			return;
		memcpy(&distance, entry, 4);
		target = table + (uint64_t)(int64_t)distance;
		code = code ? code : load_at(o, target);
		if (!code || !(code->flags & PF_X) || target - code->address >= code->size)
			return;
		targets_mark_guessed(t, target);
		at += 4;
		next = at - ts->low;
		if (next / 128 < ts->words && ts->bit[next / 128] >> next / 4 % 32 & 1)
			return;
	}
}

void jump_tables_mark(const struct jump_tables *ts, struct targets *t, const struct object *o)
{
	for (uint64_t word = 0; word < ts->words; word++)
		for (uint32_t bits = ts->bit[word]; bits; bits &= bits - 1)
			mark_table(t, ts, o, ts->low + word * 128 + 4 * (uint64_t)__builtin_ctz(bits));
}
