// SPDX-License-Identifier: BSD-2-Clause
/* Puts an image into the section: its bytes get a segment of their own, its state another. */
#include <inttypes.h>
#include <string.h>
#include <syslayer/image.h>
#include "stamp.h"

static int check_image(const struct added *a, const struct image *im, struct error *e)
{
	const char *why = syslayer_image_check(im->data, im->file_size, &a->block.note);

	if (why)
		return fail(e, STATUS_TROUBLE, "image", NO_OFFSET, "%s", why);
	/* Without its start hook the layer would run on state that nobody has set up. */
	if (im->header.init && (!a->block.runtime || object_kind(a->o) == OBJECT_LIBRARY))
		return fail(e, STATUS_UNSUPPORTED, "image init", NO_OFFSET,
		            "the layer has a start hook, and the file has no runtime that would call it");
	return 0;
}

static int edit_phdrs(const struct added *a, const struct section_phdrs *s, uint64_t image_size,
                      uint64_t offset)
{
	struct object *o = a->o;
	Elf64_Phdr *image = o->ph + s->empty;
	Elf64_Phdr rest = *image;

	image->p_flags = PF_R | PF_X;
	image->p_offset = offset;
	image->p_filesz = image->p_memsz = image_size;
	if (image_size == a->section_size)
		return 0;
	rest.p_vaddr += image_size;
	rest.p_paddr += image_size;
	rest.p_memsz -= image_size;
	return insert_phdr(o, s->empty + 1, &rest);
}

static int edit_sections(const struct added *a, uint64_t image_size, uint64_t offset)
{
	struct object *o = a->o;
	static const char *const names[] = {SYSLAYER_SECTION, STAMP_STATE_SECTION};
	uint64_t rest = a->section_size - image_size;
	Elf64_Shdr *section = section_by_name(o, SYSLAYER_SECTION);
	Elf64_Shdr image = {
	    .sh_name = section ? section->sh_name : 0,
	    .sh_type = SHT_PROGBITS,
	    .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
	    .sh_addr = a->section,
	    .sh_offset = offset,
	    .sh_size = image_size,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	Elf64_Shdr state = {
	    .sh_type = SHT_NOBITS,
	    .sh_flags = SHF_ALLOC | SHF_WRITE,
	    .sh_addr = a->section + image_size,
	    .sh_offset = offset,
	    .sh_size = rest,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	bool had = section;

	/* Who has stripped them all wants none. */
	if (!o->shnum)
		return 0;
	if (had)
		*section = image;
	else if (append_shdr(o, &image))
		return -1;
	if (rest && append_shdr(o, &state))
		return -1;
	return append_section_headers(o, names + had, 2u - had - !rest);
}

static int finish_record(struct added *a, uint64_t offset, struct error *e)
{
	uint64_t here = offset - sizeof(struct stamp_record), sum;
	struct section_phdrs s;

	if (object_settle(a->o, e) || added_find_again(a->o, a, e) || find_section_phdrs(&s, a, e))
		return -1;
	sum = stamp_record_sum(a, &s, here);
	return object_patch(a->o, here + offsetof(struct stamp_record, checksum), &sum, sizeof sum)
	           ? fail_errno(e, "edits")
	           : 0;
}

/* In the hole, or at the end. */
static int put_bytes(struct object *o, uint64_t offset, const struct stamp_record *r, const struct image *im)
{
	uint64_t here = offset - sizeof *r;

	if (here < o->size)
		return object_patch(o, here, r, sizeof *r) || object_patch(o, offset, im->data, im->size) ? -1
		                                                                                          : 0;
	return object_append(o, NULL, here - o->size) || object_append(o, r, sizeof *r) ||
	               object_append(o, im->data, im->size)
	           ? -1
	           : 0;
}

int put_image(struct added *a, const struct section_phdrs *s, const struct image *im, struct error *e)
{
	struct object *o = a->o;
	struct stamp_record r = {
	    .magic = STAMP_RECORD_MAGIC,
	    .size = o->size,
	    .shoff = o->eh.e_shoff,
	    .shnum = o->eh.e_shnum,
	    .shstrndx = o->eh.e_shstrndx,
	    .offset = o->ph[s->empty].p_offset,
	};
	uint64_t offset = image_place(a, im->size), here = offset - sizeof r;

	if (check_phdrs(a, im->size != a->section_size, e))
		return -1;
	object_tail(o, o->size);
	if (put_bytes(o, offset, &r, im) || edit_phdrs(a, s, im->size, offset) ||
	    edit_sections(a, im->size, offset) || write_phdrs(a))
		return fail_errno(e, "edits");
	r.stamped_size = object_end(o);
	if (here < r.size)
		memcpy(o->data + here, &r, sizeof r);
	else
		memcpy(o->tail + (here - o->tail_offset), &r, sizeof r);
	return finish_record(a, offset, e);
}

int same_section(const struct added *a, uint64_t size, unsigned flags, struct error *e)
{
	if ((!size || a->section_size == size) && !(flags & ~a->block.note.flags))
		return 0;
	return fail(e, STATUS_UNSUPPORTED, size && a->section_size != size ? "note size" : "note flags",
	            a->offset + offsetof(struct syslayer_added, note.size),
	            "the file has a section already, of 0x%" PRIx64 " bytes with flags %u", a->section_size,
	            a->block.note.flags);
}

int reserve(struct object *o, uint64_t size, unsigned flags, bool *changed, struct error *e)
{
	struct added a;

	if (added_find(o, &a, e)) {
		*changed = false;
		return same_section(&a, size, flags, e);
	}
	if (e->status)
		return -1;
	*changed = true;
	return added_begin(&a, o, size, flags, false, e) || added_place_section(&a, 0, e) ||
	               added_finish(&a, e)
	           ? -1
	           : 0;
}

int stamp(struct object *o, const struct image *im, uint64_t size, bool *changed, struct error *e)
{
	struct section_phdrs s;
	struct stamp_record r;
	struct added a;

	*changed = false;
	if (!added_find(o, &a, e)) {
		if (e->status || reserve(o, size, 0, changed, e) || object_settle(o, e) ||
		    added_find_again(o, &a, e))
			return -1;
	}
	if (check_image(&a, im, e) || find_section_phdrs(&s, &a, e))
		return -1;
	if (s.stamped) {
		if (stamp_record_find(&r, &a, &s) && o->ph[s.image].p_filesz == im->size &&
		    !memcmp(o->data + o->ph[s.image].p_offset, im->data, im->size))
			return 0;
		if (take_out(o, &a, &s, e) || object_settle(o, e) || added_find_again(o, &a, e) ||
		    find_section_phdrs(&s, &a, e))
			return -1;
	}
	*changed = true;
	return put_image(&a, &s, im, e);
}
