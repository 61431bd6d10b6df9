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
static void find_tables(struct tables *t, const unsigned char *code, uint64_t size, uint64_t address)
{
	const unsigned char *end = code + size;

	for (const unsigned char *p = code; end - p >= 6 && (p = memchr(p, 0x8d, (size_t)(end - p - 5)));
	     p++) {
		int32_t displacement;
		uint64_t at;

		if ((p[1] & 0xc7) != 0x05)
			continue;
		memcpy(&displacement, p + 2, 4);
		at = address + (uint64_t)(p - code) + 6 + (uint64_t)(int64_t)displacement - t->low;
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

static int scan_tables(struct targets *t, const struct object *o, const Elf64_Phdr *code)
{
	struct tables ts;

	if (tables_init(&ts, o))
		return -1;
	find_tables(&ts, o->data + code->p_offset, code->p_filesz, code->p_vaddr);
	for (uint64_t word = 0; word < ts.words; word++)
		for (uint32_t bits = ts.bit[word]; bits; bits &= bits - 1)
			scan_table(t, &ts, o, code, ts.low + word * 128 + 4 * (uint64_t)__builtin_ctz(bits));
	free(ts.bit);
	return 0;
}

/*
 * The first i from `from` on, in steps of 1 or 4, at which the 4 bytes at p + i, plus slope
 * times i, less base, are below span, modulo 2^32; or size. Few are, in a text of many
 * megabytes: four at a time are looked at. Inline, for the compiler to know step and slope.
 */
static inline __attribute__((always_inline)) uint64_t next_within(const unsigned char *p, uint64_t size,
                                                                  uint64_t from, unsigned step,
                                                                  uint32_t slope, uint32_t base,
                                                                  uint32_t span)
{
	typedef uint32_t lanes __attribute__((vector_size(16)));
	lanes at = (lanes){0, 4, 8, 12} * slope + (uint32_t)from * slope - base;
	uint64_t i = from;

	for (; i + 20 <= size; i += 16, at += 16 * slope) {
		lanes within = {0};
		uint64_t some[2];

		for (unsigned phase = 0; phase < 4; phase += step) {
			lanes value;

			memcpy(&value, p + i + phase, sizeof value);
			within |= (lanes)(value + at + phase * slope < span);
		}
		memcpy(some, &within, sizeof some);
		if (some[0] | some[1])
			break;
	}
	for (; i + 4 <= size; i += step) {
		uint32_t value;

		memcpy(&value, p + i, 4);
		if (value + slope * (uint32_t)i - base < span)
			return i;
	}
	return size;
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

static int scan_code(struct targets *t, const struct object *o, const Elf64_Phdr *ph)
{
	const unsigned char *code = o->data + ph->p_offset;
	uint64_t size = ph->p_filesz;
	uint32_t base = (uint32_t)(t->low - ph->p_vaddr - 4);

	for (uint64_t i = 0; (i = next_within(code, size, i + 1, 1, 1, base, window(t))) < size;)
		if (may_be_displacement(code, i) && suspect(t, code + i, ph->p_vaddr + i))
			return -1;
	return scan_tables(t, o, ph);
}

static void scan_pointers(struct targets *t, const unsigned char *p, uint64_t size)
{
	for (uint64_t i = 0; i + 8 <= size; i += 8) {
		uint64_t value;

		memcpy(&value, p + i, 8);
		if (wanted(t, value))
			targets_mark_pointed(t, value);
	}
}

static inline __attribute__((always_inline)) void scan_halves(struct targets *t, const unsigned char *p,
                                                              uint64_t size, unsigned step)
{
	for (uint64_t i = 0; (i = next_within(p, size, i, step, 0, (uint32_t)t->low, window(t))) < size;
	     i += step) {
		uint32_t value;

		memcpy(&value, p + i, 4);
		targets_mark_pointed(t, value);
	}
}

int targets_scan(struct targets *t, const struct object *o)
{
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		const unsigned char *p = o->data + ph->p_offset;

		if (ph->p_type != PT_LOAD || !in_bounds(ph->p_offset, ph->p_filesz, o->size))
			continue;
		if (ph->p_flags & PF_X && scan_code(t, o, ph))
			return -1;
		/* Pointers, relocation addends; below 4 GiB without a load bias, halves too. */
		if (!(ph->p_flags & PF_X))
			scan_pointers(t, p, ph->p_filesz);
		if (o->eh.e_type == ET_EXEC && ph->p_flags & PF_X)
			scan_halves(t, p, ph->p_filesz, 1);
		else if (o->eh.e_type == ET_EXEC)
			scan_halves(t, p, ph->p_filesz, 4);
	}
	for (size_t i = 1; i < o->shnum; i++) {
		if (o->sh[i].sh_type != SHT_SYMTAB && o->sh[i].sh_type != SHT_DYNSYM)
			continue;
		for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= o->sh[i].sh_size; at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;

			memcpy(&sym, o->data + o->sh[i].sh_offset + at, sizeof sym);
			targets_mark(t, sym.st_value);
		}
	}
	return 0;
}
