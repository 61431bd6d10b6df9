// SPDX-License-Identifier: BSD-2-Clause
/*
 * Looks for branch targets and pointers through a whole file. Decoding a text of many
 * megabytes for that costs 124 ns an instruction; instead every byte is taken for the
 * possible displacement of a branch, call or rip-relative operand, or for the possible half
 * of a pointer. That finds all that a decoder would find, and some that are none. Only
 * addresses near sites are of interest, so few are left, and of those in code a decoder says
 * afterwards whether they are any. One that is none and slips through costs a site its best
 * tactic, never its correctness.
 */
#include <stdlib.h>
#include <string.h>
#include "parallel.h"
#include "search.h"
#include "targets.h"

/* One thread's part of a segment. */
struct scan {
	const struct object *o;
	const Elf64_Phdr *segment;
	struct targets *targets;
	struct jump_tables *tables;
	uint64_t head; /* bytes of the segment that are in no sum */
	uint64_t *sum; /* of the pieces behind that, or NULL */
	struct suspects suspects[PARALLEL_MAX];
};

/* Four bytes that may be a displacement, told by the bytes before them. */
static bool may_be_displacement(const unsigned char *code, uint64_t i)
{
	unsigned char last = code[i - 1], before = i > 1 ? code[i - 2] : 0;

	return last == 0xe8 || last == 0xe9 ||              /* call, jmp */
	       (before == 0x0f && (last & 0xf0) == 0x80) || /* jcc */
	       (before == 0x8d && (last & 0xc7) == 0x05) || /* lea; other operands relative to rip are */
	       /* data, where a pointer lies, not where it leads */
	       (before == 0xc7 && last == 0xf8); /* xbegin */
}

static int append(struct suspects *list, const struct suspect *s, size_t count)
{
	if (list->room - list->count < count) {
		size_t room = 2 * list->room + count;
		struct suspect *grown = realloc(list->s, room * sizeof *grown);

		if (!grown)
			return -1;
		list->s = grown;
		list->room = room;
	}
	memcpy(list->s + list->count, s, count * sizeof *s);
	list->count += count;
	return 0;
}

SEARCH_CLONES
static int scan_displacements(const struct targets *t, const struct window *w, struct suspects *list,
                              const struct stretch *s, uint64_t address)
{
	uint32_t base = (uint32_t)(w->low - address - 4), span = (uint32_t)(w->high - w->low);
	struct search search = search_begin(s, s->from + !s->from, 4);
	uint64_t i;

	while (search_window(&search, 1, base, span, &i)) {
		struct suspect found = {.field = address + i};
		int32_t displacement;

		if (!may_be_displacement(s->bytes, i))
			continue;
		memcpy(&displacement, s->bytes + i, 4);
		found.pointer = i > 1 && s->bytes[i - 2] == 0x8d;
		found.target = found.field + 4 + (uint64_t)(int64_t)displacement;
		if (targets_wanted(t, found.target) && append(list, &found, 1))
			return -1;
	}
	return 0;
}

/* Pointers and addends of relocations, among numbers; relocations are read where sections tell of them. */
SEARCH_CLONES
static void scan_pointers(struct targets *t, const struct stretch *s)
{
	struct search search = search_begin(s, s->from, 8);
	uint64_t i, value;

	while (search_pointer(&search, t->low, t->high - t->low, &i)) {
		memcpy(&value, s->bytes + i, 8);
		targets_mark_guessed(t, value);
	}
}

static uint64_t from_half(const struct window *w, const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, 4);
	return w->low + (uint32_t)(value - (uint32_t)w->low);
}

/* The data of a program that has no load bias: pointers may have 4 bytes, but most of these are numbers. */
SEARCH_CLONES
static void scan_halves(struct targets *t, const struct window *w, const struct stretch *s)
{
	uint32_t span = (uint32_t)(w->high - w->low);
	struct search search = search_begin(s, s->from, 4);
	uint64_t i;

	while (search_aligned(&search, (uint32_t)w->low, span, &i)) {
		uint64_t target = from_half(w, s->bytes + i), whole = 0;

		if (!(i & 7) && s->size - i >= 8)
			memcpy(&whole, s->bytes + i, 8);
		(whole == target ? targets_mark_pointed : targets_mark_guessed)(t, target);
	}
}

/* Its code: addresses as operands. */
SEARCH_CLONES
static int scan_operands(const struct targets *t, const struct window *w, struct suspects *list,
                         const struct stretch *s, uint64_t address)
{
	uint32_t span = (uint32_t)(w->high - w->low);
	struct search search = search_begin(s, s->from, 4);
	uint64_t i;

	while (search_window(&search, 0, (uint32_t)w->low, span, &i)) {
		struct suspect found = {
		    .field = address + i,
		    .target = from_half(w, s->bytes + i),
		    .pointer = true,
		    .absolute = true,
		};

		if (targets_wanted(t, found.target) && append(list, &found, 1))
			return -1;
	}
	return 0;
}

/* A piece that stays in the cache from one search to the next. */
#define PIECE 16384

static int scan_piece(const struct scan *scan, const struct window *w, struct suspects *list,
                      const struct stretch *s)
{
	const Elf64_Phdr *ph = scan->segment;
	bool fixed = scan->o->eh.e_type == ET_EXEC;

	if (fixed && !(ph->p_flags & PF_X))
		scan_halves(scan->targets, w, s);
	return (ph->p_flags & PF_X && scan_displacements(scan->targets, w, list, s, ph->p_vaddr)) ||
	               (fixed && ph->p_flags & PF_X && scan_operands(scan->targets, w, list, s, ph->p_vaddr))
	           ? -1
	           : 0;
}

/* One that has a sum, or less. */
static int scan_pieces(struct scan *scan, struct stretch s, struct suspects *list, uint64_t *sum)
{
	const Elf64_Phdr *ph = scan->segment;
	const uint64_t end = s.to;
	struct sum_lanes lanes;

	sum_begin(&lanes);
	for (; s.from < end; s.from = s.to) {
		s.to = end - s.from > PIECE ? s.from + PIECE : end;
		if (ph->p_flags & PF_X)
			jump_tables_find(scan->tables, &s, ph->p_vaddr);
		/* Constants and relocations lie with the code where linkers do not separate them. */
		if (scan->o->eh.e_type != ET_EXEC)
			scan_pointers(scan->targets, &s);
		for (size_t i = 0; i < scan->targets->windows; i++)
			if (scan_piece(scan, scan->targets->window + i, list, &s))
				return -1;
		if (sum && s.to < end)
			sum_step(&lanes, s.bytes + s.from, s.to - s.from);
		else if (sum)
			*sum = sum_end(&lanes, s.bytes + s.from, s.to - s.from);
	}
	return 0;
}

/* Where a part begins, which is where a piece does that has a sum. */
static uint64_t cut(const struct scan *scan, unsigned part, unsigned parts)
{
	uint64_t size = scan->segment->p_filesz,
	         at = scan->head + sum_pieces(size - scan->head) * part / parts * SUM_PIECE;

	return !part ? 0 : at < size ? at : size;
}

static int scan_part(void *arg, unsigned part, unsigned parts)
{
	struct scan *scan = arg;
	const uint64_t offset = scan->segment->p_offset, end = cut(scan, part + 1, parts);
	struct stretch s = {.bytes = scan->o->data + offset, .size = scan->segment->p_filesz};

	for (s.from = cut(scan, part, parts); s.from < end; s.from = s.to) {
		bool summed = scan->sum && s.from >= scan->head;

		s.to = s.from < scan->head ? scan->head : end - s.from > SUM_PIECE ? s.from + SUM_PIECE : end;
		object_expect(scan->o, offset + s.from, offset + s.to);
		if (scan_pieces(scan, s, scan->suspects + part,
		                summed ? scan->sum + (s.from - scan->head) / SUM_PIECE : NULL))
			return -1;
		object_forget(scan->o, offset + s.from, offset + s.to);
	}
	return 0;
}

static int scan_segment(struct targets *t, struct jump_tables *tables, const struct object *o,
                        const Elf64_Phdr *segment, struct summed_list *summed)
{
	struct scan scan = {.o = o, .segment = segment, .targets = t, .tables = tables};
	int result;

	/* The ELF header is in the record itself. */
	if (!segment->p_offset && segment->p_filesz > sizeof o->eh)
		scan.head = sizeof o->eh;
	if (summed) {
		scan.sum =
		    summed_add(summed, o, segment->p_offset + scan.head, segment->p_filesz - scan.head);
		if (!scan.sum)
			return -1;
	}
	result = parallel(segment->p_filesz, scan_part, &scan);
	for (unsigned i = 0; i < PARALLEL_MAX; i++) {
		if (!result && scan.suspects[i].count)
			result = append(&t->suspects, scan.suspects[i].s, scan.suspects[i].count);
		free(scan.suspects[i].s);
	}
	return result;
}

static void scan_symbols(struct targets *t, const struct object *o)
{
	for (size_t i = 0; i < 2; i++) {
		const Elf64_Shdr *sh = symbol_table(o, i ? SHT_DYNSYM : SHT_SYMTAB);
		uint64_t behind = sh ? sh->sh_offset : 0;

		for (uint64_t at = 0; sh && in_bounds(at, sizeof(Elf64_Sym), sh->sh_size);
		     at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;

			memcpy(&sym, o->data + sh->sh_offset + at, sizeof sym);
			targets_mark_guessed(t, sym.st_value);
			object_pass(o, &behind, sh->sh_offset + at);
		}
	}
}

static void scan_addends(struct targets *t, const struct object *o, const Elf64_Shdr *rela)
{
	const Elf64_Shdr *symbols = symbol_table(o, SHT_DYNSYM);
	uint64_t behind = rela->sh_offset;

	for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= rela->sh_size; at += sizeof(Elf64_Rela)) {
		Elf64_Rela r;
		Elf64_Sym sym;

		object_pass(o, &behind, rela->sh_offset + at);
		memcpy(&r, o->data + rela->sh_offset + at, sizeof r);
		if (ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE)
			targets_mark_pointed(t, (uint64_t)r.r_addend);
		/* By a symbol: the value is in no place of the file. */
		if (ELF64_R_TYPE(r.r_info) != R_X86_64_64 || !symbols ||
		    ELF64_R_SYM(r.r_info) >= symbols->sh_size / sizeof sym)
			continue;
		memcpy(&sym, o->data + symbols->sh_offset + ELF64_R_SYM(r.r_info) * sizeof sym, sizeof sym);
		if (sym.st_shndx != SHN_UNDEF)
			targets_mark_pointed(t, sym.st_value + (uint64_t)r.r_addend);
	}
}

static void mark_word(struct targets *t, const struct object *o, uint64_t address, uint64_t *behind)
{
	const unsigned char *p = object_at(o, address, 8);
	uint64_t value = 0;

	if (p) {
		object_pass(o, behind, (uint64_t)(p - o->data));
		memcpy(&value, p, 8);
	}
	targets_mark_pointed(t, value);
}

/* An address, then bitmaps of the 63 words that follow (gABI, "Relative Relocation Table"). */
static void scan_relr(struct targets *t, const struct object *o, const Elf64_Shdr *relr)
{
	uint64_t next = 0, behind = UINT64_MAX;

	for (uint64_t at = 0; at + 8 <= relr->sh_size; at += 8) {
		uint64_t value;

		memcpy(&value, o->data + relr->sh_offset + at, 8);
		if (!(value & 1)) {
			mark_word(t, o, value, &behind);
			next = value + 8;
			continue;
		}
		for (unsigned i = 0; i < 63; i++)
			if (value >> (i + 1) & 1)
				mark_word(t, o, next + 8 * (uint64_t)i, &behind);
		next += (uint64_t)63 * 8;
	}
}

static void scan_relocations(struct targets *t, const struct object *o)
{
	uint64_t scanned = 0;

	for (size_t i = 1; i < o->shnum; i++) {
		if (!(o->sh[i].sh_flags & SHF_ALLOC) ||
		    (o->sh[i].sh_type != SHT_RELA && o->sh[i].sh_type != SHT_RELR))
			continue;
		/* Sections that overlap would be scanned again and again. */
		scanned += o->sh[i].sh_size;
		if (scanned > o->size)
			break;
		if (o->sh[i].sh_type == SHT_RELA)
			scan_addends(t, o, o->sh + i);
		else
			scan_relr(t, o, o->sh + i);
	}
}

int targets_scan(struct targets *t, const struct object *o, struct summed_list *summed)
{
	struct jump_tables tables;
	int result = -1;

	if (jump_tables_init(&tables, o))
		return -1;
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD && scan_segment(t, &tables, o, o->ph + i, summed))
			goto out;
	jump_tables_mark(&tables, t, o);
	scan_symbols(t, o);
	scan_relocations(t, o);
	result = 0;
out:
	jump_tables_free(&tables);
	return result;
}
