// SPDX-License-Identifier: BSD-2-Clause
/* Checks program headers, section headers and entry points against note and block. */
#include <inttypes.h>
#include <string.h>
#include "../../runtime/runtime.h"
#include "blobs.h"
#include "verify.h"

static uint64_t phdr_at(const struct object *o, size_t i)
{
	return o->eh.e_phoff + i * sizeof *o->ph;
}

static uint64_t shdr_at(const struct object *o, size_t i)
{
	return o->eh.e_shoff + i * sizeof *o->sh;
}

/* Whether the program headers are where they were put, and not where another tool has made new ones. */
static bool own_table(const struct added *a)
{
	return a->o->eh.e_phoff == a->offset + a->block.phdrs;
}

/* All that is in a header of ours is known. */
static int same_phdr(const struct added *a, size_t i, const Elf64_Phdr *must, struct error *e)
{
	Elf64_Phdr is = a->o->ph[i];

	is.p_paddr -= is.p_vaddr;
	return memcmp(&is, must, sizeof *must)
	           ? WRONG(e, "p_type", phdr_at(a->o, i), "program header %zu is not what it must be", i)
	           : 0;
}

/* How much of the segment lies before the block; another tool's table may stand there. */
static uint64_t front(const struct added *a, const Elf64_Phdr *load)
{
	return own_table(a) ? added_front(&a->block) : a->address - load->p_vaddr;
}

static int verify_front(const struct added *a, uint64_t size, struct error *e)
{
	const unsigned char *bytes = a->o->data + a->offset - size;

	for (uint64_t i = 0; own_table(a) && i < size; i++)
		if (bytes[i])
			return WRONG(e, SYSLAYER_ADDED_TEXT_SECTION, a->offset - size + i,
			             "0x%02x in the room before the note", bytes[i]);
	return 0;
}

/* The segment before that at the address; its alignment was chosen, all else is known. */
static int verify_undo_phdr(const struct added *a, uint64_t address, struct error *e)
{
	const struct object *o = a->o;
	Elf64_Phdr undo = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R,
	    .p_vaddr = address - ADDED_UNDO_SIZE,
	    .p_filesz = ADDED_UNDO_SIZE,
	    .p_memsz = ADDED_UNDO_SIZE,
	};

	for (size_t i = 0; i < o->phnum; i++)
		/* One without memory means nothing, wherever it is. */
		if (o->ph[i].p_type == PT_LOAD && o->ph[i].p_vaddr == undo.p_vaddr && o->ph[i].p_memsz) {
			undo.p_offset = o->ph[i].p_offset;
			undo.p_align = o->ph[i].p_align;
			return same_phdr(a, i, &undo, e);
		}
	return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum),
	             "no program header for the page before the added segment");
}

static int verify_added_phdrs(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const struct object *o = a->o;
	const uint64_t end = a->section + a->section_size;
	bool load_found = false, note_found = false;
	Elf64_Phdr load = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | (a->block.runtime ? PF_X : 0),
	    .p_align = SYSLAYER_PAGE,
	};
	Elf64_Phdr note = {
	    .p_type = PT_NOTE,
	    .p_flags = PF_R,
	    .p_offset = a->offset,
	    .p_vaddr = a->address,
	    .p_filesz = offsetof(struct syslayer_added, version),
	    .p_memsz = offsetof(struct syslayer_added, version),
	    .p_align = 8,
	};

	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type == PT_LOAD && ph->p_vaddr <= a->address &&
		    in_bounds(a->address - ph->p_vaddr, a->block.size, ph->p_memsz)) {
			uint64_t before = front(a, ph);

			load_found = true;
			load.p_offset = a->offset - before;
			load.p_vaddr = a->address - before;
			load.p_filesz = load.p_memsz = before + a->block.size;
			if (same_phdr(a, i, &load, e) || verify_undo_phdr(a, load.p_vaddr, e) ||
			    verify_front(a, before, e))
				return -1;
		} else if (ph->p_type == PT_NOTE && ph->p_vaddr == a->address) {
			note_found = true;
			if (same_phdr(a, i, &note, e))
				return -1;
		} else if (ph->p_type == PT_LOAD && ph->p_vaddr + ph->p_memsz > a->section &&
		           ph->p_vaddr < end && i != s->empty && i != s->image && i != s->rest &&
		           ph->p_memsz) {
			return WRONG(e, "p_vaddr", phdr_at(o, i), "segment %zu lies in the section", i);
		}
	}
	if (!load_found || !note_found)
		return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum),
		             "no program header for the added segment");
	return a->address + a->block.size > a->section
	           ? WRONG(e, "p_vaddr", NO_OFFSET, "the added segment is not below the section")
	           : 0;
}

static int verify_section_phdrs(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const struct object *o = a->o;
	Elf64_Phdr section = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | PF_W,
	    .p_vaddr = a->section,
	    .p_memsz = a->section_size,
	    .p_align = SYSLAYER_PAGE,
	};
	Elf64_Phdr rest = section;

	if (!s->stamped) {
		section.p_offset = o->ph[s->empty].p_offset & -(uint64_t)!own_table(a);
		return same_phdr(a, s->empty, &section, e);
	}
	section.p_flags = PF_R | PF_X;
	section.p_offset = o->ph[s->image].p_offset;
	section.p_filesz = section.p_memsz = o->ph[s->image].p_filesz;
	if (same_phdr(a, s->image, &section, e))
		return -1;
	if (s->rest == NO_PHDR)
		return 0;
	rest.p_offset = o->ph[s->rest].p_offset;
	rest.p_vaddr += section.p_memsz;
	rest.p_memsz -= section.p_memsz;
	return same_phdr(a, s->rest, &rest, e);
}

static int verify_table(const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	size_t bytes = o->phnum * sizeof *o->ph;
	uint64_t table = 0;

	/* The kernel tells a program where its table is, and the dynamic linker reads it there. */
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD && o->ph[i].p_offset <= o->eh.e_phoff &&
		    in_bounds(o->eh.e_phoff - o->ph[i].p_offset, bytes, o->ph[i].p_filesz))
			table = o->eh.e_phoff - o->ph[i].p_offset + o->ph[i].p_vaddr;
	if (!table)
		return WRONG(e, "e_phoff", offsetof(Elf64_Ehdr, e_phoff),
		             "the program headers are not loaded");
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_PHDR &&
		    (o->ph[i].p_offset != o->eh.e_phoff || o->ph[i].p_vaddr != table ||
		     o->ph[i].p_filesz != bytes || o->ph[i].p_memsz != bytes))
			return WRONG(e, "PT_PHDR", phdr_at(o, i), "it is not about the program headers");
	/* Tools make their own before the block, or elsewhere. */
	if (!own_table(a) && o->eh.e_phoff + bytes > a->offset && o->eh.e_phoff < a->offset + a->block.size)
		return WRONG(e, "e_phoff", offsetof(Elf64_Ehdr, e_phoff),
		             "it leads into the block, but not to the program headers");
	if (!own_table(a))
		return 0;
	if (check_phdrs(a, 0, e))
		return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum),
		             "more than the %u that there is room for", a->block.phdr_room);
	/* The note is appended last, so one header too many would be one of zeros. */
	if (o->ph[o->phnum - 1].p_type == PT_NULL)
		return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum), "%zu, and the last is none",
		             o->phnum);
	for (size_t i = bytes; i < a->block.phdr_room * sizeof *o->ph; i++)
		if (o->data[o->eh.e_phoff + i])
			return WRONG(e, "p_type", o->eh.e_phoff + i,
			             "a program header that is not in use is not 0");
	return 0;
}

static int same_shdr(struct object *o, const char *name, const Elf64_Shdr *must, struct error *e)
{
	const Elf64_Shdr *sh = section_by_name(o, name);
	Elf64_Shdr is;

	if (!sh)
		return WRONG(e, name, NO_OFFSET, "no section header");
	is = *sh;
	is.sh_name = 0;
	if (must->sh_type == SHT_NOBITS) /* it means nothing */
		is.sh_offset = must->sh_offset;
	return memcmp(&is, must, sizeof is) ? WRONG(e, name, shdr_at(o, (size_t)(sh - o->sh)),
	                                            "the section header is not what it must be")
	                                    : 0;
}

static int verify_shdrs(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	struct object *o = a->o;
	const uint64_t note_size = offsetof(struct syslayer_added, version);
	const Elf64_Phdr *image = s->stamped ? o->ph + s->image : NULL;
	uint64_t size = image ? image->p_memsz : a->section_size;
	Elf64_Shdr section = {
	    .sh_type = image ? SHT_PROGBITS : SHT_NOBITS,
	    .sh_flags = SHF_ALLOC | (image ? SHF_EXECINSTR : SHF_WRITE),
	    .sh_addr = a->section,
	    .sh_offset = image ? image->p_offset : 0,
	    .sh_size = size,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	Elf64_Shdr rest = {
	    .sh_type = SHT_NOBITS,
	    .sh_flags = SHF_ALLOC | SHF_WRITE,
	    .sh_addr = a->section + size,
	    .sh_size = a->section_size - size,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	Elf64_Shdr note = {
	    .sh_type = SHT_NOTE,
	    .sh_flags = SHF_ALLOC,
	    .sh_addr = a->address,
	    .sh_offset = a->offset,
	    .sh_size = note_size,
	    .sh_addralign = 8,
	};
	const Elf64_Shdr *undo_is = section_by_name(o, SYSLAYER_ADDED_UNDO_SECTION);
	Elf64_Shdr undo = {
	    .sh_type = SHT_PROGBITS,
	    .sh_flags = SHF_ALLOC,
	    .sh_addr = undo_is ? undo_is->sh_addr & -(uint64_t)SYSLAYER_PAGE : 0,
	    .sh_offset = undo_is ? undo_is->sh_offset : 0,
	    .sh_size = ADDED_UNDO_SIZE,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	Elf64_Shdr text = {
	    .sh_type = SHT_PROGBITS,
	    .sh_flags = SHF_ALLOC | (a->block.runtime ? SHF_EXECINSTR : 0),
	    .sh_addr = a->address + note_size,
	    .sh_offset = a->offset + note_size,
	    .sh_size = a->block.size - note_size,
	    .sh_addralign = 8,
	};

	/* They may be stripped: kernel and runtime do not read them. */
	if (!o->shnum)
		return 0;
	if (same_shdr(o, SYSLAYER_SECTION, &section, e) ||
	    same_shdr(o, SYSLAYER_ADDED_UNDO_SECTION, &undo, e) ||
	    same_shdr(o, SYSLAYER_ADDED_NOTE_SECTION, &note, e) ||
	    same_shdr(o, SYSLAYER_ADDED_TEXT_SECTION, &text, e))
		return -1;
	return rest.sh_size ? same_shdr(o, STAMP_STATE_SECTION, &rest, e) : 0;
}

static int verify_entry(const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	struct runtime_entries entries;

	if (!a->block.runtime)
		return 0;
	memcpy(&entries, blob_runtime + sizeof a->block, sizeof entries);
	if (object_kind(o) == OBJECT_LIBRARY)
		return 0;
	return o->eh.e_entry == a->address + entries.start && a->block.entry
	           ? 0
	           : WRONG(e, "e_entry", offsetof(Elf64_Ehdr, e_entry), "0x%" PRIx64 " is not the runtime's",
	                   (uint64_t)o->eh.e_entry);
}

int verify_headers(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	return verify_table(a, e) ||
	               check_offsets(a->o, a->address - added_front(&a->block) - ADDED_UNDO_SIZE,
	                             STATUS_NEGATIVE, e) ||
	               verify_section_phdrs(a, s, e) || verify_added_phdrs(a, s, e) ||
	               verify_shdrs(a, s, e) || verify_entry(a, e)
	           ? -1
	           : 0;
}
