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
	free(t->table);
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

/* What a lea loads may be the start of a jump table, which may lie in the code itself. */
static int note_table(struct targets *t, const unsigned char *field, uint64_t next)
{
	int32_t displacement;
	uint64_t table;

	memcpy(&displacement, field, 4);
	table = next + (uint64_t)(int64_t)displacement;
	if (table & 3)
		return 0;
	if (t->tables == t->table_room) {
		size_t room = t->table_room ? 2 * t->table_room : 1024;
		uint64_t *grown = realloc(t->table, room * sizeof *grown);

		if (!grown)
			return -1;
		t->table = grown;
		t->table_room = room;
	}
	t->table[t->tables++] = table;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Jump tables of position independent code: 4-byte distances from the table's own start.
 * Entries are believed as long as they lead into the code, up to where the next one begins.
 */
static void scan_tables(struct targets *t, const struct object *o, const Elf64_Phdr *code)
{
	if (t->tables)
		qsort(t->table, t->tables, sizeof *t->table, by_value);
	for (size_t i = 0; i < t->tables; i++) {
		uint64_t table = t->table[i], end = i + 1 < t->tables ? t->table[i + 1] : UINT64_MAX;

		for (uint64_t at = table; at < end; at += 4) {
			const unsigned char *entry = object_at(o, at, 4);
			int32_t distance;
			uint64_t target;

			if (!entry)
				break;
			memcpy(&distance, entry, 4);
			target = table + (uint64_t)(int64_t)distance;
			if (target - code->p_vaddr >= code->p_memsz)
				break;
			targets_mark(t, target);
		}
	}
	t->tables = 0;
}

/* Four bytes that may be a displacement, told by the byte before them. */
static int scan_code(struct targets *t, const struct object *o, const Elf64_Phdr *ph)
{
	const unsigned char *code = o->data + ph->p_offset;
	uint64_t size = ph->p_filesz, address = ph->p_vaddr;
	/*
	 * 1: e8 e9 call, jmp; 2: 0f 80..8f jcc; 3: 8d and a ModRM relative to rip, lea; 4: c7 f8 xbegin.
	 * Other operands relative to rip are data, and where a pointer lies, not where it leads.
	 */
	static unsigned char class[256];
	static const unsigned char before[] = {[2] = 0x0f, [3] = 0x8d, [4] = 0xc7};

	if (!class[0xe8]) {
		for (unsigned b = 0; b < 256; b++)
			if ((b & 0xc7) == 0x05)
				class[b] = 3;
		for (unsigned b = 0x80; b < 0x90; b++)
			class[b] = class[b] ? class[b] : 2;
		class[0xe9] = 1;
		class[0xf8] = 4;
		class[0xe8] = 1;
	}
	for (uint64_t i = 0; i + 5 <= size; i++) {
		unsigned char c = class[code[i]];

		if (!c || (c > 1 && (!i || code[i - 1] != before[c])))
			continue;
		if (suspect(t, code + i + 1, address + i + 1))
			return -1;
		if (c == 3 && note_table(t, code + i + 1, address + i + 5))
			return -1;
	}
	scan_tables(t, o, ph);
	return 0;
}

static void scan_words(struct targets *t, const unsigned char *p, uint64_t size, unsigned word, unsigned step)
{
	for (uint64_t i = 0; i + word <= size; i += step) {
		uint64_t value = 0;

		memcpy(&value, p + i, word);
		if (wanted(t, value))
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
			scan_words(t, p, ph->p_filesz & ~7ull, 8, 8);
		if (o->eh.e_type == ET_EXEC)
			scan_words(t, p, ph->p_filesz, 4, ph->p_flags & PF_X ? 1 : 4);
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
