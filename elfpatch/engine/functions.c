// SPDX-License-Identifier: BSD-2-Clause
/* Collects functions from the symbol tables, .eh_frame and what Go has instead. */
#include <stdlib.h>
#include <string.h>
#include "eh-frame.h"
#include "functions.h"

/* So many are read in about a millisecond. */
#define FEW_SYMBOLS 16384

int functions_add(struct functions *fs, uint64_t start, uint64_t end)
{
	if (fs->count == fs->room) {
		size_t room = fs->room ? 2 * fs->room : 1024;
		struct function *grown = realloc(fs->f, room * sizeof *grown);

		if (!grown)
			return -1;
		fs->f = grown;
		fs->room = room;
	}
	fs->f[fs->count++] = (struct function){start, end};
	return 0;
}

/* Assembly may say how long a function is, and not that it is one (dietlibc's __unified_syscall). */
static bool is_function(const Elf64_Sym *sym)
{
	unsigned type = ELF64_ST_TYPE(sym->st_info);

	return sym->st_shndx != SHN_UNDEF &&
	       (type == STT_FUNC || type == STT_GNU_IFUNC || (type == STT_NOTYPE && sym->st_size));
}

static int from_symbols(struct functions *fs, const struct object *o)
{
	for (size_t i = 0; i < 2; i++) {
		const Elf64_Shdr *sh = symbol_table(o, i ? SHT_DYNSYM : SHT_SYMTAB);

		for (uint64_t at = 0; sh && in_bounds(at, sizeof(Elf64_Sym), sh->sh_size);
		     at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;

			memcpy(&sym, o->data + sh->sh_offset + at, sizeof sym);
			if (is_function(&sym) && functions_add(fs, sym.st_value, sym.st_value + sym.st_size))
				return -1;
		}
	}
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end; /* the longest first */
}

/* Linkers write .eh_frame in the order of the code, more or less: look before sorting. */
static bool is_ascending(const struct functions *fs)
{
	for (size_t i = 1; i < fs->count; i++)
		if (fs->f[i - 1].start > fs->f[i].start)
			return false;
	return true;
}

static void arrange(struct functions *fs)
{
	size_t n = 0;

	if (!is_ascending(fs))
		qsort(fs->f, fs->count, sizeof *fs->f, by_start);
	for (size_t i = 0; i < fs->count; i++)
		if (!n || fs->f[n - 1].start != fs->f[i].start)
			fs->f[n++] = fs->f[i];
	fs->count = n;
}

/* A table that a linker has sorted saves reading all of .eh_frame, and memory. */
static bool open_table(struct functions *fs, const struct object *o)
{
	const struct added a = {.o = (struct object *)(uintptr_t)o};

	unwind_table_open(&fs->table, &a, NULL);
	if (!fs->table.frames)
		fs->table.count = 0;
	for (uint32_t i = 1; i < fs->table.count; i++)
		if (unwind_table_entry(&fs->table, i - 1).start >= unwind_table_entry(&fs->table, i).start)
			fs->table.count = 0;
	return fs->table.count;
}

int functions_find(struct functions *fs, const struct object *o, struct error *e)
{
	*fs = (struct functions){0};
	if ((!open_table(fs, o) && functions_from_eh_frame(fs, o)) || functions_from_go(fs, o))
		return fail_errno(e, "functions");
	arrange(fs);
	return 0;
}

bool functions_few_symbols(const struct object *o)
{
	uint64_t size = 0;

	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_type == SHT_SYMTAB || o->sh[i].sh_type == SHT_DYNSYM)
			size += o->sh[i].sh_size;
	return size <= FEW_SYMBOLS * sizeof(Elf64_Sym);
}

int functions_find_symbols(struct functions *fs, const struct object *o)
{
	if (fs->symbols)
		return 0;
	fs->symbols = true;
	if (from_symbols(fs, o))
		return -1;
	arrange(fs);
	return 0;
}

void functions_free(struct functions *fs)
{
	free(fs->f);
	*fs = (struct functions){0};
}

/* An entry of the table. A signal frame's begins one byte early, for unwinders look up pc - 1. */
static struct function entry_at(const struct functions *fs, uint32_t i)
{
	const struct unwind_entry entry = unwind_table_entry(&fs->table, i);
	uint64_t start = fs->table.address + (uint64_t)(int64_t)entry.start;
	struct fde fde;

	/* An entry that leads to the FDE of other code would have decoding go back, and never end. */
	if (fde_read(&fde, fs->table.o, fs->table.address + (uint64_t)(int64_t)entry.fde) ||
	    fde.start != start)
		return (struct function){start, start};
	return (struct function){fde.start + fde.cie.signal, fde.end};
}

static uint64_t entry_start(const struct functions *fs, uint32_t i)
{
	return fs->table.address + (uint64_t)(int64_t)unwind_table_entry(&fs->table, i).start;
}

static bool at_in_table(const struct functions *fs, uint64_t address, struct function *f, uint64_t *next)
{
	uint32_t low = 0, high = fs->table.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (entry_start(fs, middle) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*next = low < fs->table.count ? entry_at(fs, low).start : UINT64_MAX;
	/* The next lower entry, or the one before that where a signal frame's begins a byte late. */
	for (unsigned n = 0; low-- && n < 4; n++) {
		const struct function found = entry_at(fs, low);

		if (found.start <= address) {
			*f = found;
			return true;
		}
		*next = found.start;
	}
	return false;
}

/* How many of the list start at or below the address. */
static size_t count_to(const struct functions *fs, uint64_t address)
{
	size_t low = 0, high = fs->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fs->f[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool functions_at(const struct functions *fs, uint64_t address, struct function *f, uint64_t *next)
{
	const size_t count = count_to(fs, address);
	bool found = at_in_table(fs, address, f, next);
	const struct function *last;

	if (count < fs->count && fs->f[count].start < *next)
		*next = fs->f[count].start;
	if (!count)
		return found;
	last = fs->f + count - 1;
	/* Of two that start at one place, the longer. */
	if (!found || last->start > f->start || (last->start == f->start && last->end > f->end))
		*f = *last;
	return true;
}

/* So many may begin in another one. */
#define NESTED 16

bool functions_cover(const struct functions *fs, uint64_t address)
{
	size_t count = count_to(fs, address);
	struct function f;
	uint64_t next;

	if (at_in_table(fs, address, &f, &next) && address < f.end)
		return true;
	for (unsigned n = 0; count-- && n < NESTED; n++)
		if (address < fs->f[count].end)
			return true;
	return false;
}
