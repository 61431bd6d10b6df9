// SPDX-License-Identifier: BSD-2-Clause
/* Checks that addresses and file offsets agree, in headers that say both. */
#include "added.h"

static uint64_t phdr_at(const struct object *o, size_t i)
{
	return o->eh.e_phoff + i * sizeof *o->ph;
}

static uint64_t shdr_at(const struct object *o, size_t i)
{
	return o->eh.e_shoff + i * sizeof *o->sh;
}

/* Whether the headers tell of a section in [from, to). */
static bool has_section(const struct object *o, uint64_t from, uint64_t to)
{
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_flags & SHF_ALLOC && o->sh[i].sh_addr >= from && o->sh[i].sh_addr < to)
			return true;
	return false;
}

/* Whether what is at the address comes from that offset in the file. */
static bool agree(const struct object *o, uint64_t address, uint64_t offset, uint64_t size)
{
	const unsigned char *p = object_at(o, address, size);

	return p && (uint64_t)(p - o->data) == offset;
}

/* All but those that say no more than a flag, and PT_PHDR, which is made anew with the table. */
static bool has_place(const Elf64_Phdr *ph)
{
	return ph->p_type != PT_LOAD && ph->p_type != PT_NULL && ph->p_type != PT_GNU_STACK &&
	       ph->p_type != PT_PHDR && ph->p_filesz && ph->p_vaddr;
}

int check_offsets(const struct object *o, uint64_t below, int status, struct error *e)
{
	bool sections = has_section(o, 1, below);

	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		/* Some linkers count the padding behind it, which is in memory only, as bytes of the file. */
		uint64_t length = ph->p_type == PT_GNU_RELRO ? 1 : ph->p_filesz;

		/* GNU ld makes one for the headers alone. */
		if (ph->p_type == PT_LOAD && ph->p_filesz && ph->p_offset && sections &&
		    !has_section(o, ph->p_vaddr, ph->p_vaddr + ph->p_filesz))
			return fail(e, status, "p_offset", phdr_at(o, i),
			            "segment %zu has neither headers nor sections", i);
		if (has_place(ph) && !agree(o, ph->p_vaddr, ph->p_offset, length))
			return fail(e, status, "p_offset", phdr_at(o, i),
			            "segment %zu is not where its address is loaded from", i);
	}
	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (sh->sh_flags & SHF_ALLOC && sh->sh_type != SHT_NOBITS && sh->sh_type != SHT_NULL &&
		    sh->sh_size && !agree(o, sh->sh_addr, sh->sh_offset, sh->sh_size))
			return fail(e, status, "sh_offset", shdr_at(o, i),
			            "section %zu is not where its address is loaded from", i);
	}
	return 0;
}
