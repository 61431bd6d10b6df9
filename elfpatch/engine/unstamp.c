// SPDX-License-Identifier: BSD-2-Clause
/* Takes the image out of the section: exactly, or as well as it goes where other tools were at the file. */
#include <string.h>
#include "stamp.h"

static void remove_phdr(struct object *o, size_t i)
{
	o->phnum--;
	memmove(o->ph + i, o->ph + i + 1, (o->phnum - i) * sizeof *o->ph);
}

static void edit_phdrs(const struct added *a, const struct section_phdrs *s, uint64_t offset)
{
	struct object *o = a->o;
	Elf64_Phdr *section = o->ph + s->image;

	section->p_flags = PF_R | PF_W;
	section->p_offset = offset;
	section->p_filesz = 0;
	section->p_memsz = a->section_size;
	if (s->rest != NO_PHDR)
		remove_phdr(o, s->rest);
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

/* The bytes of the image, [from, to), and what follows size go away; others may have put theirs there. */
static int check_gone(const struct object *o, uint64_t from, uint64_t to, uint64_t size, struct error *e)
{
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type == PT_NULL || ph->p_type == PT_GNU_STACK || !ph->p_filesz)
			continue;
		if (!in_bounds(ph->p_offset, ph->p_filesz, size) ||
		    (ph->p_offset < to && ph->p_offset + ph->p_filesz > from))
			return fail(e, STATUS_UNSUPPORTED, "p_filesz", o->eh.e_phoff + i * sizeof *o->ph,
			            "segment %zu has bytes of the image, or behind it", i);
	}
	return 0;
}

int take_out(struct object *o, const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const uint64_t image = o->ph[s->image].p_offset, size = o->ph[s->image].p_filesz;
	struct stamp_record r;

	if (stamp_record_find(&r, a, s)) {
		edit_phdrs(a, s, r.offset);
		o->eh.e_shoff = r.shoff;
		o->eh.e_shnum = r.shnum;
		o->eh.e_shstrndx = r.shstrndx;
		if (check_gone(o, image - sizeof r, image + size, r.size, e))
			return -1;
		if (image < r.size && object_clear(o, image - sizeof r, sizeof r + size))
			return fail_errno(e, "edits");
		object_tail(o, r.size);
	} else {
		edit_phdrs(a, s, 0);
		if (edit_sections(a))
			return fail_errno(e, "edits");
	}
	if (check_phdrs(a, 0, e))
		return -1;
	return write_phdrs(a) ? fail_errno(e, "edits") : 0;
}

int unstamp(struct object *o, bool *changed, struct error *e)
{
	struct section_phdrs s;
	struct added a;

	*changed = false;
	if (!added_find(o, &a, e))
		return e->status ? -1
		                 : fail(e, STATUS_UNSUPPORTED, SYSLAYER_SECTION, NO_OFFSET,
		                        "the file has no section");
	if (find_section_phdrs(&s, &a, e))
		return -1;
	if (!s.stamped || (a.block.forward && is_forward(&a, &s)))
		return 0;
	*changed = true;
	if (take_out(o, &a, &s, e))
		return -1;
	return a.block.forward ? stamp_forward(o, e) : 0;
}
