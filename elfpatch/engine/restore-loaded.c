// SPDX-License-Identifier: BSD-2-Clause
/*
 * Gives back a file that strip, objcopy or the like have written anew since: what is loaded is the
 * original's, in its old place; what is not is what they have left of it, and comes behind that.
 */
#include <stdlib.h>
#include <string.h>
#include "stamp.h"
#include "undo.h"
#include "unwind.h"

/* The end of what the original loads from the file. */
static uint64_t end_of_loads(const struct syslayer_undo *u, const Elf64_Phdr *ph)
{
	uint64_t end = sizeof u->header;

	for (size_t i = 0; i < u->phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_filesz && ph[i].p_offset + ph[i].p_filesz > end)
			end = ph[i].p_offset + ph[i].p_filesz;
	return end;
}

static bool is_ours(const struct object *o, const struct syslayer_undo *u, const Elf64_Shdr *sh)
{
	static const char *const names[] = {SYSLAYER_SECTION, STAMP_STATE_SECTION,
	                                    SYSLAYER_ADDED_UNDO_SECTION, SYSLAYER_ADDED_NOTE_SECTION,
	                                    SYSLAYER_ADDED_TEXT_SECTION};
	const char *name = section_name(o, sh);

	if (sh == o->sh + o->shstrndx)
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i]))
			return true;
	return !u->debug_frame && !strcmp(name, UNWIND_DEBUG_SECTION);
}

/* Whether the address has no bytes in the original's file, although it is in one of its segments. */
static bool is_bss(const struct syslayer_undo *u, const Elf64_Phdr *ph, uint64_t address)
{
	for (size_t i = 0; i < u->phnum; i++)
		if (ph[i].p_type == PT_LOAD && address >= ph[i].p_vaddr + ph[i].p_filesz &&
		    address < ph[i].p_vaddr + ph[i].p_memsz)
			return true;
	return false;
}

static uint32_t renumbered(const uint32_t *number, const struct object *o, uint32_t index)
{
	return index < o->shnum ? number[index] : index;
}

/* Append the section, which is not loaded; number: what the sections get for their numbers. */
static int append_section(struct object *o, Elf64_Shdr *sh, const uint32_t *number)
{
	uint64_t from = sh->sh_offset, alignment = sh->sh_addralign;

	if (!alignment || alignment > 64 || alignment & (alignment - 1))
		alignment = 1;
	if (object_append_align(o, alignment))
		return -1;
	sh->sh_offset = object_end(o);
	if (sh->sh_type != SHT_SYMTAB)
		return object_append(o, o->data + from, sh->sh_size);
	for (uint64_t i = 0; i + sizeof(Elf64_Sym) <= sh->sh_size; i += sizeof(Elf64_Sym)) {
		Elf64_Sym sym;

		memcpy(&sym, o->data + from + i, sizeof sym);
		if (sym.st_shndx < SHN_LORESERVE)
			sym.st_shndx = (Elf64_Half)renumbered(number, o, sym.st_shndx);
		if (object_append(o, &sym, sizeof sym))
			return -1;
	}
	return 0;
}

static int append_sections(const struct added *a, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                           Elf64_Ehdr *eh)
{
	struct object *o = a->o;
	Elf64_Shdr *sh = calloc(o->shnum, sizeof *sh);
	uint32_t *number = calloc(o->shnum, sizeof *number), count = 0;
	int result = -1;

	if (!sh || !number)
		goto out;
	for (size_t i = 0; i < o->shnum; i++)
		if (!i || !is_ours(o, u, o->sh + i)) {
			number[i] = count;
			sh[count++] = o->sh[i];
		}
	for (uint32_t i = 1; i < count; i++) {
		sh[i].sh_link = renumbered(number, o, sh[i].sh_link);
		if (sh[i].sh_flags & SHF_INFO_LINK || sh[i].sh_type == SHT_REL || sh[i].sh_type == SHT_RELA)
			sh[i].sh_info = renumbered(number, o, sh[i].sh_info);
		if (sh[i].sh_flags & SHF_ALLOC) {
			/* So that it need not be the last of all, it has got bytes. */
			if (sh[i].sh_type == SHT_PROGBITS && is_bss(u, ph, sh[i].sh_addr) &&
			    !(sh[i].sh_flags & SHF_TLS))
				sh[i].sh_type = SHT_NOBITS;
			if (sh[i].sh_type != SHT_NOBITS &&
			    !in_bounds(sh[i].sh_offset, sh[i].sh_size, o->tail_offset))
				sh[i].sh_type = SHT_NULL; /* loaded, it says, and is not */
			continue;
		}
		if (sh[i].sh_type == SHT_NOBITS || sh[i].sh_type == SHT_NULL)
			continue;
		if (!strcmp(section_name(o, sh + i), UNWIND_DEBUG_SECTION) && sh[i].sh_size > u->debug_frame)
			sh[i].sh_size = u->debug_frame;
		if (append_section(o, sh + i, number))
			goto out;
	}
	if (object_append_align(o, 8))
		goto out;
	eh->e_shoff = object_end(o);
	eh->e_shnum = (Elf64_Half)count;
	eh->e_shstrndx = (Elf64_Half)number[o->shstrndx];
	result = object_append(o, sh, count * sizeof *sh);
out:
	free(sh);
	free(number);
	return result;
}

int restore_loaded(const struct added *a, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                   struct error *e)
{
	struct object *o = a->o;
	uint64_t end = end_of_loads(u, ph);
	Elf64_Ehdr eh;

	memcpy(&eh, u->header, sizeof eh);
	if (!in_bounds(eh.e_phoff, u->phnum * sizeof *ph, end) || end > o->size ||
	    o->shnum >= SHN_LORESERVE || eh.e_phoff < sizeof eh)
		return fail(
		    e, STATUS_NEGATIVE, SYSLAYER_ADDED_UNDO_SECTION, NO_OFFSET,
		    "the file has been written anew since it was rewritten, and its program headers do not "
		    "lie in what is loaded: it cannot be given back");
	if (o->shstrndx && o->sh[o->shstrndx].sh_flags & SHF_ALLOC)
		return fail(e, STATUS_NEGATIVE, "e_shstrndx", offsetof(Elf64_Ehdr, e_shstrndx),
		            "the table of names has been changed since: it says that it is loaded");
	eh.e_shoff = 0;
	eh.e_shnum = eh.e_shstrndx = 0;
	object_tail(o, end);
	if ((o->shnum && append_sections(a, u, ph, &eh)) || object_patch(o, 0, &eh, sizeof eh))
		return fail_errno(e, "edits");
	return 0;
}
