// SPDX-License-Identifier: BSD-2-Clause
/* Takes the image out of the section: exactly, or as well as it goes where other tools were at the file. */
#include <string.h>
#include "stamp.h"

static void remove_phdr(struct object *o, size_t i)
{
	o->phnum--;
	memmove(o->ph + i, o->ph + i + 1, (o->phnum - i) * sizeof *o->ph);
}

/* own: the section had a segment of its own, with this p_offset and p_align. */
static void edit_phdrs(const struct added *a, const struct section_phdrs *s, bool own, uint64_t offset,
                       uint64_t align)
{
	struct object *o = a->o;
	Elf64_Phdr *keep = o->ph + (own ? s->image : s->owner);

	if (own) {
		keep->p_flags = PF_R | PF_W;
		keep->p_offset = offset;
		keep->p_align = align;
		keep->p_vaddr = keep->p_paddr = a->section;
		keep->p_filesz = 0;
	}
	keep->p_memsz = a->section + a->section_size - keep->p_vaddr;
	if (s->rest != NO_PHDR)
		remove_phdr(o, s->rest);
	if (!own)
		remove_phdr(o, s->image);
}

/* The section headers as they stand: .syscalls is BSS again, the last one goes if it is the state's. */
static int edit_sections(const struct added *a)
{
	struct object *o = a->o;
	Elf64_Shdr *section = section_by_name(o, SYSLAYER_SECTION);
	Elf64_Shdr *state = section_by_name(o, STAMP_STATE_SECTION);
	static const Elf64_Shdr none;

	if (section) {
		section->sh_type = SHT_NOBITS;
		section->sh_flags = SHF_ALLOC | SHF_WRITE;
		section->sh_size = a->section_size;
		if (object_patch(o, o->eh.e_shoff + (uint64_t)(section - o->sh) * sizeof *section, section,
		                 sizeof *section))
			return -1;
	}
	if (state &&
	    object_patch(o, o->eh.e_shoff + (uint64_t)(state - o->sh) * sizeof none, &none, sizeof none))
		return -1;
	if (state && state == o->sh + o->shnum - 1 && o->eh.e_shnum)
		o->eh.e_shnum--;
	return 0;
}

int unstamp(struct object *o, bool *changed, struct error *e)
{
	struct section_phdrs s;
	struct stamp_record r;
	struct added a;
	size_t had = o->phnum;

	*changed = false;
	if (!added_find(o, &a, e))
		return e->status ? -1
		                 : fail(e, STATUS_UNSUPPORTED, SYSLAYER_SECTION, NO_OFFSET,
		                        "the file has no section");
	if (find_section_phdrs(&s, &a, e))
		return -1;
	if (!s.stamped)
		return 0;
	*changed = true;
	if (stamp_record_find(&r, &a, &s)) {
		edit_phdrs(&a, &s, r.own, r.own_offset, r.own_align);
		o->eh.e_shoff = r.shoff;
		o->eh.e_shnum = r.shnum;
		o->eh.e_shstrndx = r.shstrndx;
		object_tail(o, r.size);
	} else {
		bool own = s.owner == NO_PHDR ||
		           o->ph[s.owner].p_vaddr + o->ph[s.owner].p_memsz < a.section - SYSLAYER_PAGE;

		edit_phdrs(&a, &s, own, 0, SYSLAYER_PAGE);
		if (edit_sections(&a))
			return fail_errno(e, "edits");
	}
	return write_phdrs(&a, had) ? fail_errno(e, "edits") : 0;
}
