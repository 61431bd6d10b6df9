// SPDX-License-Identifier: BSD-2-Clause
/* Gives the section its header. One that the file has already moves, and what refers to it with it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "added.h"

/*
 * libsys brings a section of its own (libsys(3)), and calls into it by direct jumps, which
 * .syslayer.calls lists: 8 bytes each, the address of the 4-byte displacement.
 */
static int move_calls(struct object *o, uint64_t from, uint64_t size, uint64_t to, struct error *e)
{
	const Elf64_Shdr *calls = section_by_name(o, ".syslayer.calls");

	if (!calls || calls->sh_type == SHT_NOBITS || calls->sh_type == SHT_NULL)
		return 0;
	for (uint64_t i = 0; i + 8 <= calls->sh_size; i += 8) {
		uint64_t at, target;
		unsigned char *field;
		int32_t displacement;

		memcpy(&at, o->data + calls->sh_offset + i, 8);
		field = object_at(o, at - 1, 5);
		if (at < 2 || !field || field[0] != 0xe9) /* 0: the linker dropped that wrapper */
			continue;
		memcpy(&displacement, ++field, 4);
		target = at + 4 + (uint64_t)(int64_t)displacement;
		if (target - from >= size)
			continue;
		displacement = (int32_t)((int64_t)displacement + (int64_t)(to - from));
		if (object_patch(o, (uint64_t)(field - o->data), &displacement, 4))
			return fail_errno(e, "edits");
	}
	return 0;
}

/* Symbols of a section that moves go with it. */
static int move_symbols(struct object *o, size_t section, uint64_t delta, struct error *e)
{
	for (size_t i = 0; i < 2; i++) {
		const Elf64_Shdr *sh = symbol_table(o, i ? SHT_DYNSYM : SHT_SYMTAB);

		for (uint64_t at = sh ? sh->sh_offset : 0;
		     sh && at + sizeof(Elf64_Sym) <= sh->sh_offset + sh->sh_size; at += sizeof(Elf64_Sym)) {
			Elf64_Sym sym;

			memcpy(&sym, o->data + at, sizeof sym);
			if (sym.st_shndx != section)
				continue;
			sym.st_value += delta;
			if (object_patch(o, at, &sym, sizeof sym))
				return fail_errno(e, "edits");
		}
	}
	return 0;
}

void reserve_release(struct object *o)
{
	const Elf64_Shdr *old = section_by_name(o, SYSLAYER_SECTION);
	Elf64_Phdr *owner = o->ph + last_load(o);

	if (old && old->sh_type == SHT_NOBITS && old->sh_flags & SHF_ALLOC &&
	    old->sh_addr + old->sh_size == owner->p_vaddr + owner->p_memsz && old->sh_addr > owner->p_vaddr &&
	    old->sh_addr - owner->p_vaddr >= owner->p_filesz)
		owner->p_memsz = old->sh_addr - owner->p_vaddr;
}

int reserve_section(const struct added *a, struct error *e)
{
	struct object *o = a->o;
	Elf64_Shdr *old = section_by_name(o, SYSLAYER_SECTION);
	Elf64_Shdr null = {0}, sh = {
	                           .sh_type = SHT_NOBITS,
	                           .sh_flags = SHF_ALLOC | SHF_WRITE,
	                           .sh_addr = a->section,
	                           .sh_offset = a->offset,
	                           .sh_size = a->section_size,
	                           .sh_addralign = SYSLAYER_PAGE,
	                       };

	if (!old)
		return (!o->shnum && append_shdr(o, &null)) || append_shdr(o, &sh)
		           ? fail_errno(e, "section headers")
		           : 0;
	if (old->sh_type != SHT_NOBITS || !(old->sh_flags & SHF_ALLOC))
		return fail(e, STATUS_UNSUPPORTED, SYSLAYER_SECTION, old->sh_offset,
		            "there is such a section, but it is no part of BSS");
	if (move_calls(o, old->sh_addr, old->sh_size, a->section, e) ||
	    move_symbols(o, (size_t)(old - o->sh), a->section - old->sh_addr, e))
		return -1;
	sh.sh_name = old->sh_name;
	*old = sh;
	return 0;
}
