// SPDX-License-Identifier: BSD-2-Clause
/* Jump tables of position independent code: who may be one, and where it leads. */
#include <string.h>
#include <sys/mman.h>
#include "added.h"
#include "finder.h"
#include "parallel.h"
#include "search.h"
#include "targets.h"

/* So much memory is mapped ahead: for 512 MiB of addresses. */
#define AHEAD_MAX ((uint64_t)16 << 20)

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
	/* Where a thread reads and then writes, a page is mapped twice, and the others are interrupted for
	 * it. */
	t->bit = mmap(
	    NULL, t->words * sizeof *t->bit, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | (t->words * sizeof *t->bit <= AHEAD_MAX ? MAP_POPULATE : 0), -1, 0);
	if (t->bit == MAP_FAILED)
		return -1;
	return 0;
}

static void set(uint32_t *word, uint32_t bit)
{
	/* Most of them are known already. */
	if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
}

void jump_tables_free(struct jump_tables *t)
{
	munmap(t->bit, t->words * sizeof *t->bit);
}

/* What a lea loads may be the start of a jump table, which may lie in the code itself. */
SEARCH_CLONES
void jump_tables_find(struct jump_tables *t, const struct stretch *s, uint64_t address)
{
	struct search search = search_begin(s, s->from, 6);
	uint64_t i;

	while (search_pair(&search, 0x8d, 0xc7, 0x05, &i)) {
		int32_t displacement;
		uint64_t at;

		memcpy(&displacement, s->bytes + i + 2, 4);
		at = address + i + 6 + (uint64_t)(int64_t)displacement - t->low;
		if (!(at & 3) && at / 128 < t->words)
			set(t->bit + at / 128, 1u << at / 4 % 32);
	}
}

struct marking {
	const struct jump_tables *tables;
	struct targets *targets;
	const struct object *o;
};

/*
 * 4-byte distances from the table's own start. Entries are believed as long as they lead into the same
 * segment of code, up to where the next one begins.
 */
static void mark_table(const struct marking *m, const struct load *in, uint64_t table)
{
	const struct jump_tables *ts = m->tables;
	const struct load *code = NULL;

	for (uint64_t at = table; in_bounds(at - in->address, 4, in->size);) {
		uint64_t target, next;
		int32_t distance;

		memcpy(&distance, m->o->data + in->offset + (at - in->address), 4);
		target = table + (uint64_t)(int64_t)distance;
		code = code ? code : load_at(m->o, target);
		if (!code || !(code->flags & PF_X) || target - code->address >= code->size)
			return;
		targets_mark_guessed(m->targets, target);
		at += 4;
		next = at - ts->low;
		if (next / 128 < ts->words && ts->bit[next / 128] >> next / 4 % 32 & 1)
			return;
	}
}

static int mark_part(void *arg, unsigned part, unsigned parts)
{
	const struct marking *m = arg;
	const struct jump_tables *ts = m->tables;
	const struct load *in = NULL;
	uint64_t end = parallel_cut(ts->words, part + 1, parts), last = 0, behind = UINT64_MAX;

	for (uint64_t word = parallel_cut(ts->words, part, parts); word < end; word++)
		for (uint32_t bits = ts->bit[word]; bits; bits &= bits - 1) {
			uint64_t table = ts->low + word * 128 + 4 * (uint64_t)__builtin_ctz(bits);

			if (!in || table - in->address >= in->size)
				in = load_at(m->o, table);
			if (!in)
				continue;
			last = in->offset + (table - in->address);
			object_pass(m->o, &behind, last);
			mark_table(m, in, table);
		}
	object_forget(m->o, behind, last);
	return 0;
}

void jump_tables_mark(const struct jump_tables *ts, struct targets *t, const struct object *o)
{
	struct marking m = {.tables = ts, .targets = t, .o = o};

	parallel(ts->words * 128, mark_part, &m);
}
