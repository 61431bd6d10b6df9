// SPDX-License-Identifier: BSD-2-Clause
/* Finds the program headers of the section, in either form, and the record of a stamp. */
#include <string.h>
#include <syslayer/image.h>
#include "stamp.h"

static bool writable(const Elf64_Phdr *ph)
{
	return ph->p_type == PT_LOAD && (ph->p_flags & (PF_W | PF_X)) == PF_W;
}

static int find_stamped(struct section_phdrs *s, const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	const Elf64_Phdr *image = o->ph + s->image;
	uint64_t end = a->section + a->section_size, image_end = a->section + image->p_memsz;

	if (image->p_filesz != image->p_memsz || image->p_memsz > a->section_size ||
	    image->p_memsz < SYSLAYER_IMAGE_HEAD)
		return fail(e, STATUS_TROUBLE, "p_filesz", image->p_offset,
		            "the image's segment %zu does not fit the section", s->image);
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (!writable(ph))
			continue;
		if (ph->p_vaddr == image_end && ph->p_vaddr + ph->p_memsz == end)
			s->rest = i;
		else if (i < s->image)
			s->owner = i; /* the last one before */
	}
	if (image_end != end && s->rest == NO_PHDR)
		return fail(e, STATUS_TROUBLE, "p_memsz", NO_OFFSET,
		            "no segment holds the rest of the section");
	return 0;
}

int find_section_phdrs(struct section_phdrs *s, const struct added *a, struct error *e)
{
	const struct object *o = a->o;

	*s = (struct section_phdrs){.owner = NO_PHDR, .image = NO_PHDR, .rest = NO_PHDR};
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type == PT_LOAD && ph->p_vaddr == a->section && ph->p_flags == (PF_R | PF_X)) {
			s->stamped = true;
			s->image = i;
			return find_stamped(s, a, e);
		}
		if (writable(ph) && a->section >= ph->p_vaddr &&
		    in_bounds(a->section - ph->p_vaddr, a->section_size, ph->p_memsz))
			s->owner = i;
	}
	if (s->owner == NO_PHDR)
		return fail(e, STATUS_TROUBLE, "note address",
		            a->offset + offsetof(struct syslayer_added, note.address),
		            "no writable segment holds the section");
	if (a->section < o->ph[s->owner].p_vaddr + o->ph[s->owner].p_filesz)
		return fail(e, STATUS_TROUBLE, "p_filesz", NO_OFFSET,
		            "there are bytes of the file in the section");
	return 0;
}

bool stamp_record_find(struct stamp_record *r, const struct added *a, const struct section_phdrs *s)
{
	const struct object *o = a->o;
	const uint64_t at = offsetof(struct stamp_record, checksum);
	static const unsigned char zero[sizeof r->checksum];
	uint64_t image = o->ph[s->image].p_offset, here, sum;

	if (!s->stamped || image < sizeof *r || image > o->size)
		return false;
	here = image - sizeof *r;
	memcpy(r, o->data + here, sizeof *r);
	if (memcmp(r->magic, STAMP_RECORD_MAGIC, sizeof r->magic) || r->stamped_size != o->size ||
	    r->size > here || here - r->size >= SYSLAYER_PAGE)
		return false;
	sum = checksum(CHECKSUM_START, o->data + r->size, here + at - r->size);
	sum = checksum(sum, zero, sizeof zero);
	sum = checksum(sum, o->data + here + sizeof *r, o->size - here - sizeof *r);
	return sum == r->checksum;
}

int write_phdrs(const struct added *a, uint64_t room)
{
	struct object *o = a->o;
	uint32_t sum;

	static const Elf64_Phdr none;

	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_PHDR)
			o->ph[i].p_filesz = o->ph[i].p_memsz = o->phnum * sizeof *o->ph;
	o->eh.e_phnum = (Elf64_Half)o->phnum;
	if (object_patch(o, o->eh.e_phoff, o->ph, o->phnum * sizeof *o->ph))
		return -1;
	for (uint64_t i = o->phnum; i < room; i++)
		if (object_patch(o, o->eh.e_phoff + i * sizeof none, &none, sizeof none))
			return -1;
	if (object_patch(o, 0, &o->eh, sizeof o->eh))
		return -1;
	sum = added_checksum(&a->block, o->data + a->offset);
	return object_patch(o, a->offset + offsetof(struct syslayer_added, checksum), &sum, sizeof sum);
}
