// SPDX-License-Identifier: BSD-2-Clause
/* Looks functions up in the symbol tables. */
#include <string.h>
#include "symbols.h"

static const char *string_at(const struct object *o, size_t table, uint64_t at)
{
	const Elf64_Shdr *sh = o->sh + table;

	if (table >= o->shnum || sh->sh_type != SHT_STRTAB || at >= sh->sh_size ||
	    !memchr(o->data + sh->sh_offset + at, 0, sh->sh_size - at))
		return NULL;
	return (const char *)o->data + sh->sh_offset + at;
}

const char *symbol_at(const struct object *o, uint64_t address, uint64_t *offset)
{
	const char *best = NULL;

	for (size_t i = 1; i < o->shnum && !best; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (sh->sh_type != SHT_SYMTAB && sh->sh_type != SHT_DYNSYM)
			continue;
		for (uint64_t at = 0; in_bounds(at, sizeof(Elf64_Sym), sh->sh_size);
		     at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;
			const char *name;

			memcpy(&sym, o->data + sh->sh_offset + at, sizeof sym);
			if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_shndx == SHN_UNDEF ||
			    address - sym.st_value >= sym.st_size)
				continue;
			name = string_at(o, sh->sh_link, sym.st_name);
			/* Of several names a global one is the best known. */
			if (name && *name && (!best || ELF64_ST_BIND(sym.st_info) == STB_GLOBAL)) {
				best = name;
				*offset = address - sym.st_value;
			}
		}
	}
	return best;
}
