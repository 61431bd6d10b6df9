// SPDX-License-Identifier: BSD-2-Clause
/* Tables of program and section headers that grow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "added.h"

int insert_phdr(struct object *o, size_t at, const Elf64_Phdr *ph)
{
	Elf64_Phdr *grown = realloc(o->ph, (o->phnum + 1) * sizeof *grown);

	if (!grown)
		return -1;
	o->ph = grown;
	memmove(grown + at + 1, grown + at, (o->phnum - at) * sizeof *grown);
	grown[at] = *ph;
	o->phnum++;
	return 0;
}

int append_shdr(struct object *o, const Elf64_Shdr *sh)
{
	Elf64_Shdr *grown = realloc(o->sh, (o->shnum + 1) * sizeof *grown);

	if (!grown)
		return -1;
	o->sh = grown;
	grown[o->shnum++] = *sh;
	return 0;
}

size_t last_load(const struct object *o)
{
	size_t last = 0;

	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD)
			last = i;
	return last;
}

int append_section_headers(struct object *o, const char *const *names, size_t count)
{
	size_t first = o->shnum - count;
	uint64_t at, had = 0;

	/* A file without section headers gets a table of its own: null, ours, the names. */
	if (!o->shstrndx) {
		Elf64_Shdr strings = {.sh_type = SHT_STRTAB, .sh_addralign = 1};

		if (append_shdr(o, &strings))
			return -1;
		o->shstrndx = o->shnum - 1;
	} else {
		had = o->sh[o->shstrndx].sh_size;
	}
	/* A name behind the table's end is none, and must not become one of those that follow. */
	for (size_t i = 0; i < first; i++)
		if (o->sh[i].sh_name >= had)
			o->sh[i].sh_name = 0;
	at = object_end(o);
	if (had ? object_append_copy(o, o->sh[o->shstrndx].sh_offset, had) : object_append(o, "", 1))
		return -1;
	for (size_t i = 0; i < count; i++) {
		o->sh[first + i].sh_name = (Elf64_Word)(object_end(o) - at);
		if (object_append(o, names[i], strlen(names[i]) + 1))
			return -1;
	}
	if (!had) {
		o->sh[o->shstrndx].sh_name = (Elf64_Word)(object_end(o) - at);
		if (object_append(o, ".shstrtab", sizeof ".shstrtab"))
			return -1;
	}
	o->sh[o->shstrndx].sh_offset = at;
	o->sh[o->shstrndx].sh_size = object_end(o) - at;
	if (object_append_align(o, 8))
		return -1;

	o->eh.e_shoff = object_end(o);
	o->eh.e_shentsize = sizeof *o->sh;
	/* Large numbers stand in section header 0, elf(5). */
	o->eh.e_shnum = o->shnum < SHN_LORESERVE ? (Elf64_Half)o->shnum : 0;
	o->sh[0].sh_size = o->shnum < SHN_LORESERVE ? 0 : o->shnum;
	o->eh.e_shstrndx = o->shstrndx < SHN_LORESERVE ? (Elf64_Half)o->shstrndx : SHN_XINDEX;
	o->sh[0].sh_link = o->shstrndx < SHN_LORESERVE ? 0 : (Elf64_Word)o->shstrndx;
	o->eh.e_phnum = o->phnum < PN_XNUM ? (Elf64_Half)o->phnum : PN_XNUM;
	o->sh[0].sh_info = o->phnum < PN_XNUM ? 0 : (Elf64_Word)o->phnum;
	return object_append(o, o->sh, o->shnum * sizeof *o->sh);
}
