// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which addresses are branched to or pointed at, from anywhere in the file. Decoding a
 * whole text for that costs 124 ns an instruction; instead every byte is taken for the
 * possible displacement of a branch, call or rip-relative operand, or for the possible half
 * of a pointer. That finds all that a decoder would find, and some that are none. Only
 * addresses near sites are of interest, so few are left, and of those in code a decoder says
 * afterwards whether they are any. One that is none and slips through costs a site its best
 * tactic, never its correctness.
 */
#include <stdlib.h>
#include <string.h>
#include "search.h"
#include "sites.h"

int targets_init(struct targets *t, uint64_t low, uint64_t high)
{
	size_t bytes = (high - low) / 8 + 1;

	*t = (struct targets){
	    .low = low,
	    .high = high,
	    .wanted = calloc(1, bytes),
	    .hit = calloc(1, bytes),
	    .pointed = calloc(1, bytes),
	};
	return t->wanted && t->hit && t->pointed ? 0 : -1;
}

void targets_free(struct targets *t)
{
	free(t->wanted);
	free(t->hit);
	free(t->pointed);
	free(t->suspect);
	*t = (struct targets){0};
}

void targets_want(struct targets *t, uint64_t start, uint64_t end)
{
	for (uint64_t a = start < t->low ? t->low : start; a < end && a < t->high; a++)
		t->wanted[(a - t->low) / 8] |= (unsigned char)(1 << (a - t->low) % 8);
}

static bool wanted(const struct targets *t, uint64_t address)
{
	uint64_t bit = address - t->low;

	return bit < t->high - t->low && t->wanted[bit / 8] >> bit % 8 & 1;
}

void targets_mark(struct targets *t, uint64_t address)
{
	uint64_t bit = address - t->low;

	if (wanted(t, address))
		t->hit[bit / 8] |= (unsigned char)(1 << bit % 8);
}

void targets_mark_pointed(struct targets *t, uint64_t address)
{
	uint64_t bit = address - t->low;

	if (!wanted(t, address))
		return;
	targets_mark(t, address);
	t->pointed[bit / 8] |= (unsigned char)(1 << bit % 8);
}

bool targets_pointed(const struct targets *t, uint64_t address)
{
	uint64_t bit = address - t->low;

	return wanted(t, address) && t->pointed[bit / 8] >> bit % 8 & 1;
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

static int suspect(struct targets *t, const unsigned char *code, uint64_t field)
{
	int32_t displacement;
	uint64_t target;

	memcpy(&displacement, code, 4);
	target = field + 4 + (uint64_t)(int64_t)displacement;
	if (!wanted(t, target))
		return 0;
	if (t->suspects == t->room) {
		size_t room = t->room ? 2 * t->room : 256;
		struct suspect *grown = realloc(t->suspect, room * sizeof *grown);

		if (!grown)
			return -1;
		t->suspect = grown;
		t->room = room;
	}
	t->suspect[t->suspects++] = (struct suspect){field, target};
	return 0;
}

/* Where jump tables may begin: a bit for every 4 bytes of [low, low + 32 * words). */
struct tables {
	uint64_t low, words;
	uint32_t *bit;
};

static int tables_init(struct tables *t, const struct object *o)
{
	const Elf64_Phdr *last = o->ph + last_load(o);
	size_t first = 0;

	while (o->ph[first].p_type != PT_LOAD)
		first++;
	t->low = o->ph[first].p_vaddr & ~3ull;
	t->words = (last->p_vaddr + last->p_memsz - t->low) / 128 + 1;
	t->bit = calloc(t->words, sizeof *t->bit);
	return t->bit ? 0 : -1;
}

/* What a lea loads may be the start of a jump table, which may lie in the code itself. */
static void find_tables(struct tables *t, const struct stretch *s, uint64_t address)
{
	for (uint64_t i = s->from; (i = search_pair(s, i, 0x8d, 0xc7, 0x05)) < s->to; i++) {
		int32_t displacement;
		uint64_t at;

		if (s->size - i < 6)
			break;
		memcpy(&displacement, s->bytes + i + 2, 4);
		at = address + i + 6 + (uint64_t)(int64_t)displacement - t->low;
		if (!(at & 3) && at / 128 < t->words)
			t->bit[at / 128] |= 1u << at / 4 % 32;
	}
}

/*
 * Jump tables of position independent code: 4-byte distances from the table's own start.
 * Entries are believed as long as they lead into the code, up to where the next one begins.
 */
static void scan_table(struct targets *t, const struct tables *ts, const struct object *o,
                       const Elf64_Phdr *code, uint64_t table)
{
	for (uint64_t at = table;;) {
		const unsigned char *entry = object_at(o, at, 4);
		uint64_t target, next;
		int32_t distance;

		if (!entry)
			return;
		memcpy(&distance, entry, 4);
		target = table + (uint64_t)(int64_t)distance;
		if (target - code->p_vaddr >= code->p_memsz)
			return;
		targets_mark(t, target);
		at += 4;
		next = at - ts->low;
		if (next / 128 < ts->words && ts->bit[next / 128] >> next / 4 % 32 & 1)
			return;
	}
}

static void scan_tables(struct targets *t, const struct tables *ts, const struct object *o,
                        const Elf64_Phdr *code)
{
	for (uint64_t word = 0; word < ts->words; word++)
		for (uint32_t bits = ts->bit[word]; bits; bits &= bits - 1)
			scan_table(t, ts, o, code, ts->low + word * 128 + 4 * (uint64_t)__builtin_ctz(bits));
}

static uint32_t window(const struct targets *t)
{
	return t->high - t->low < UINT32_MAX ? (uint32_t)(t->high - t->low) : UINT32_MAX;
}

/* Four bytes that may be a displacement, told by the bytes before them. */
static bool may_be_displacement(const unsigned char *code, uint64_t i)
{
	unsigned char last = code[i - 1], before = i > 1 ? code[i - 2] : 0;

	return last == 0xe8 || last == 0xe9 ||              /* call, jmp */
	       (before == 0x0f && (last & 0xf0) == 0x80) || /* jcc */
	       (before == 0x8d &&
	        (last & 0xc7) == 0x05) ||        /* lea; other operands relative to rip are
	                                            data, where a pointer lies, not where it leads */
	       (before == 0xc7 && last == 0xf8); /* xbegin */
}

static int scan_displacements(struct targets *t, const struct stretch *s, uint64_t address)
{
	uint32_t base = (uint32_t)(t->low - address - 4);

	for (uint64_t i = s->from + !s->from; (i = search_window(s, i, 1, 1, base, window(t))) < s->to; i++)
		if (may_be_displacement(s->bytes, i) && suspect(t, s->bytes + i, address + i))
			return -1;
	return 0;
}

/* Pointers and addends of relocations. */
static void scan_pointers(struct targets *t, const struct stretch *s)
{
	for (uint64_t i = s->from; i < s->to && i + 8 <= s->size; i += 8) {
		uint64_t value;

		memcpy(&value, s->bytes + i, 8);
		if (wanted(t, value))
			targets_mark_pointed(t, value);
	}
}

/* Pointers of a program that has no load bias, whole ones and their lower halves. */
SEARCH_INLINE void scan_halves(struct targets *t, const struct stretch *s, unsigned step)
{
	for (uint64_t i = s->from; (i = search_window(s, i, step, 0, (uint32_t)t->low, window(t))) < s->to;
	     i += step) {
		uint32_t value;

		memcpy(&value, s->bytes + i, 4);
		targets_mark_pointed(t, t->low + (uint32_t)(value - (uint32_t)t->low));
	}
}

/* A part that stays in the cache from one search to the next. */
#define PART 16384

static int scan_segment(struct targets *t, struct tables *ts, const struct object *o, const Elf64_Phdr *ph)
{
	struct stretch s = {.bytes = o->data + ph->p_offset, .size = ph->p_filesz};

	for (; s.from < s.size; s.from = s.to) {
		s.to = s.size - s.from > PART ? s.from + PART : s.size;
		if (ph->p_flags & PF_X) {
			if (scan_displacements(t, &s, ph->p_vaddr))
				return -1;
			find_tables(ts, &s, ph->p_vaddr);
		}
		if (o->eh.e_type != ET_EXEC && !(ph->p_flags & PF_X))
			scan_pointers(t, &s);
		else if (o->eh.e_type == ET_EXEC && ph->p_flags & PF_X)
			scan_halves(t, &s, 1);
		else if (o->eh.e_type == ET_EXEC)
			scan_halves(t, &s, 4);
	}
	return 0;
}

static void scan_symbols(struct targets *t, const struct object *o)
{
	for (size_t i = 1; i < o->shnum; i++) {
		if (o->sh[i].sh_type != SHT_SYMTAB && o->sh[i].sh_type != SHT_DYNSYM)
			continue;
		for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= o->sh[i].sh_size; at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;

			memcpy(&sym, o->data + o->sh[i].sh_offset + at, sizeof sym);
			targets_mark(t, sym.st_value);
		}
	}
}

int targets_scan(struct targets *t, const struct object *o)
{
	struct tables ts;
	int result = -1;

	if (tables_init(&ts, o))
		return -1;
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD && in_bounds(o->ph[i].p_offset, o->ph[i].p_filesz, o->size) &&
		    scan_segment(t, &ts, o, o->ph + i))
			goto out;
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD && o->ph[i].p_flags & PF_X)
			scan_tables(t, &ts, o, o->ph + i);
	scan_symbols(t, o);
	result = 0;
out:
	free(ts.bit);
	return result;
}
