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

/* All that is in a header of ours is known, but for an offset that other tools may change. */
static int same_phdr(const struct object *o, size_t i, const Elf64_Phdr *must, struct error *e)
{
	return memcmp(o->ph + i, must, sizeof *must)
	           ? WRONG(e, "p_type", phdr_at(o, i), "program header %zu is not what it must be", i)
	           : 0;
}

static int verify_added_phdrs(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const struct object *o = a->o;
	const uint64_t end = a->section + a->section_size;
	bool code = a->block.runtime, load_found = false, note_found = false;
	Elf64_Phdr load = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | (code ? PF_X : 0),
	    .p_offset = a->offset,
	    .p_vaddr = a->address,
	    .p_paddr = a->address,
	    .p_filesz = a->block.size,
	    .p_memsz = a->block.size,
	    .p_align = SYSLAYER_PAGE,
	};
	Elf64_Phdr note = load;

	note.p_type = PT_NOTE;
	note.p_flags = PF_R;
	note.p_filesz = note.p_memsz = offsetof(struct syslayer_added, version);
	note.p_align = 8;
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type == PT_LOAD && ph->p_vaddr == a->address) {
			load_found = true;
			if (same_phdr(o, i, &load, e))
				return -1;
		} else if (ph->p_type == PT_NOTE && ph->p_vaddr == a->address) {
			note_found = true;
			if (same_phdr(o, i, &note, e))
				return -1;
		} else if (ph->p_type == PT_LOAD && ph->p_vaddr + ph->p_memsz > a->section && i != s->owner &&
		           i != s->image && i != s->rest && ph->p_memsz) {
			return WRONG(e, "p_vaddr", phdr_at(o, i),
			             "segment %zu lies in the section, or above it", i);
		}
	}
	if (!load_found || !note_found)
		return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum),
		             "no program header for the added segment");
	return a->address < end || a->address - end >= SYSLAYER_PAGE
	           ? WRONG(e, "p_vaddr", NO_OFFSET, "the added segment is not right above the section")
	           : 0;
}

static int verify_section_phdrs(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const struct object *o = a->o;
	const uint64_t end = a->section + a->section_size;
	Elf64_Phdr must;

	if (!s->stamped) {
		const Elf64_Phdr *ph = o->ph + s->owner;

		if (ph->p_vaddr + ph->p_memsz != end || ph->p_flags != (PF_R | PF_W))
			return WRONG(e, "p_memsz", phdr_at(o, s->owner) + offsetof(Elf64_Phdr, p_memsz),
			             "the section's segment ends at 0x%" PRIx64 ", must at 0x%" PRIx64,
			             ph->p_vaddr + ph->p_memsz, end);
		/* A segment of the section's own is all ours. */
		if (ph->p_vaddr != a->section || ph->p_offset)
			return 0;
		must = (Elf64_Phdr){.p_type = PT_LOAD,
		                    .p_flags = PF_R | PF_W,
		                    .p_vaddr = a->section,
		                    .p_paddr = a->section,
		                    .p_memsz = a->section_size,
		                    .p_align = ph->p_align};
		return same_phdr(o, s->owner, &must, e);
	}
	must = o->ph[s->image];
	must.p_paddr = must.p_vaddr;
	must.p_align = SYSLAYER_PAGE;
	if (same_phdr(o, s->image, &must, e))
		return -1;
	if (s->owner != NO_PHDR && o->ph[s->owner].p_vaddr + o->ph[s->owner].p_memsz > a->section)
		return WRONG(e, "p_memsz", phdr_at(o, s->owner), "the segment before the image goes into it");
	if (s->rest == NO_PHDR)
		return 0;
	must = (Elf64_Phdr){
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | PF_W,
	    .p_offset = o->ph[s->image].p_offset + o->ph[s->image].p_filesz,
	    .p_vaddr = a->section + o->ph[s->image].p_memsz,
	    .p_paddr = a->section + o->ph[s->image].p_memsz,
	    .p_memsz = a->section_size - o->ph[s->image].p_memsz,
	    .p_align = SYSLAYER_PAGE,
	};
	return same_phdr(o, s->rest, &must, e);
}

static int verify_table(const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	const unsigned char *free_phdr;
	size_t bytes = o->phnum * sizeof *o->ph;

	if (o->eh.e_phoff != a->offset + a->block.phdrs || o->phnum > a->block.phdr_room)
		return WRONG(e, "e_phoff", offsetof(Elf64_Ehdr, e_phoff),
		             "the program headers are not those in the added segment");
	/* The note is appended last, so one header too many would be one of zeros. */
	if (o->ph[o->phnum - 1].p_type == PT_NULL)
		return WRONG(e, "e_phnum", offsetof(Elf64_Ehdr, e_phnum), "%zu, and the last is none",
		             o->phnum);
	free_phdr = added_at(a, a->block.phdrs + bytes, a->block.phdr_room * sizeof *o->ph - bytes);
	for (size_t i = 0; free_phdr && i < a->block.phdr_room * sizeof *o->ph - bytes; i++)
		if (free_phdr[i])
			return WRONG(e, "p_type", o->eh.e_phoff + bytes + i,
			             "a program header that is not in use is not 0");
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_PHDR &&
		    (o->ph[i].p_offset != o->eh.e_phoff || o->ph[i].p_vaddr != a->address + a->block.phdrs ||
		     o->ph[i].p_paddr != o->ph[i].p_vaddr || o->ph[i].p_filesz != bytes ||
		     o->ph[i].p_memsz != bytes))
			return WRONG(e, "PT_PHDR", phdr_at(o, i), "it is not about the program headers");
	return 0;
}

/* Whether the headers tell of a section in [from, to). */
static bool has_section(const struct object *o, uint64_t from, uint64_t to)
{
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_flags & SHF_ALLOC && o->sh[i].sh_addr >= from && o->sh[i].sh_addr < to)
			return true;
	return false;
}

/* Offsets are not in the checksum: address and offset go together in all that a segment loads. */
static int verify_offsets(const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	bool sections = has_section(o, 1, a->section); /* other than ours */

	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		/* Some linkers count the padding behind it, which is in memory only, as bytes of the file. */
		uint64_t length = ph->p_type == PT_GNU_RELRO ? 1 : ph->p_filesz;

		/* GNU ld makes one for the headers alone. */
		if (ph->p_type == PT_LOAD && ph->p_filesz && ph->p_offset && sections &&
		    !has_section(o, ph->p_vaddr, ph->p_vaddr + ph->p_filesz))
			return WRONG(e, "p_offset", phdr_at(o, i),
			             "segment %zu has neither headers nor sections", i);
		if (ph->p_type != PT_LOAD && ph->p_filesz && ph->p_vaddr &&
		    object_at(o, ph->p_vaddr, length) != o->data + ph->p_offset)
			return WRONG(e, "p_offset", phdr_at(o, i),
			             "segment %zu is not where its address is loaded from", i);
	}
	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (sh->sh_flags & SHF_ALLOC && sh->sh_type != SHT_NOBITS && sh->sh_size &&
		    object_at(o, sh->sh_addr, sh->sh_size) != o->data + sh->sh_offset)
			return WRONG(e, "sh_offset", shdr_at(o, i),
			             "section %zu is not where its address is loaded from", i);
	}
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
	    same_shdr(o, SYSLAYER_ADDED_NOTE_SECTION, &note, e) ||
	    same_shdr(o, SYSLAYER_ADDED_TEXT_SECTION, &text, e))
		return -1;
	return rest.sh_size ? same_shdr(o, STAMP_STATE_SECTION, &rest, e) : 0;
}

static int verify_entry(const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	struct runtime_entries entries;
	uint64_t init;

	if (!a->block.runtime)
		return 0;
	memcpy(&entries, blob_runtime + sizeof a->block, sizeof entries);
	if (is_program(o))
		return o->eh.e_entry == a->address + entries.start && a->block.entry
		           ? 0
		           : WRONG(e, "e_entry", offsetof(Elf64_Ehdr, e_entry),
		                   "0x%" PRIx64 " is not the runtime's", (uint64_t)o->eh.e_entry);
	init = a->address + entries.init;
	for (size_t i = 0; i < o->phnum; i++)
		for (uint64_t at = 0;
		     o->ph[i].p_type == PT_DYNAMIC && at + sizeof(Elf64_Dyn) <= o->ph[i].p_filesz;
		     at += sizeof(Elf64_Dyn)) {
			Elf64_Dyn dyn;

			memcpy(&dyn, o->data + o->ph[i].p_offset + at, sizeof dyn);
			if (dyn.d_tag == DT_INIT && dyn.d_un.d_ptr == init)
				return 0;
			if (dyn.d_tag == DT_NULL)
				break;
		}
	return WRONG(e, "DT_INIT", NO_OFFSET, "it is not the runtime's, at 0x%" PRIx64, init);
}

int verify_headers(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	return verify_table(a, e) || verify_offsets(a, e) || verify_section_phdrs(a, s, e) ||
	               verify_added_phdrs(a, s, e) || verify_shdrs(a, s, e) || verify_entry(a, e)
	           ? -1
	           : 0;
}
