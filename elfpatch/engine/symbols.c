// SPDX-License-Identifier: BSD-2-Clause
/* Looks functions up in the symbol tables: sorted once, for files have many, and ask for many. */
#include <stdlib.h>
#include <string.h>
#include "symbols.h"

/* Functions may lie in one another, seldom and not deep. */
#define NESTED_MAX 16

static const char *string_at(const struct object *o, size_t table, uint64_t at)
{
	const Elf64_Shdr *sh = o->sh + table;

	if (table >= o->shnum || sh->sh_type != SHT_STRTAB || at >= sh->sh_size ||
	    !memchr(o->data + sh->sh_offset + at, 0, sh->sh_size - at))
		return NULL;
	return (const char *)o->data + sh->sh_offset + at;
}

/* By address; of several names a global one is the best known; else as they stand in the table. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->global != y->global)
		return x->global ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int read_table(struct symbols *s, const struct object *o, const Elf64_Shdr *sh)
{
	s->symbol = calloc(sh->sh_size / sizeof(Elf64_Sym) + 1, sizeof *s->symbol);
	if (!s->symbol)
		return -1;
	for (uint64_t at = 0; in_bounds(at, sizeof(Elf64_Sym), sh->sh_size); at += sizeof(Elf64_Sym)) {
		Elf64_Sym sym;

		memcpy(&sym, o->data + sh->sh_offset + at, sizeof sym);
		if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx != SHN_UNDEF && sym.st_size)
			s->symbol[s->count++] =
			    (struct symbol){.start = sym.st_value,
			                    .size = sym.st_size,
			                    .name = sym.st_name,
			                    .global = ELF64_ST_BIND(sym.st_info) == STB_GLOBAL};
	}
	s->o = o;
	s->strings = sh->sh_link;
	qsort(s->symbol, s->count, sizeof *s->symbol, by_address);
	return 0;
}

int symbols_read(struct symbols *s, const struct object *o)
{
	const Elf64_Shdr *sh = symbol_table(o, SHT_SYMTAB);

	*s = (struct symbols){0};
	sh = sh ? sh : symbol_table(o, SHT_DYNSYM);
	return sh ? read_table(s, o, sh) : 0;
}

void symbols_free(struct symbols *s)
{
	free(s->symbol);
	*s = (struct symbols){0};
}

const char *symbol_at(const struct symbols *s, uint64_t address, uint64_t *offset)
{
	size_t low = 0, high = s->count;
	const struct symbol *found = NULL;
	const char *name;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->symbol[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t n = 0; low-- && n < NESTED_MAX; n++) {
		const struct symbol *symbol = s->symbol + low;

		/* Of those that start together, the first. */
		if (found && symbol->start != found->start)
			break;
		if (address - symbol->start < symbol->size)
			found = symbol;
	}
	name = found ? string_at(s->o, s->strings, found->name) : NULL;
	if (!name || !*name)
		return NULL;
	*offset = address - found->start;
	return name;
}
