// SPDX-License-Identifier: BSD-2-Clause
/* Finds the program headers of the section, in either form, and the record of a stamp. */
#include <string.h>
#include <syslayer/image.h>
#include "stamp.h"

static bool is_load(const Elf64_Phdr *ph, uint64_t address, unsigned flags)
{
	return ph->p_type == PT_LOAD && ph->p_vaddr == address && ph->p_flags == flags;
}

static int find_rest(struct section_phdrs *s, const struct added *a, struct error *e)
{
	const struct object *o = a->o;
	const Elf64_Phdr *image = o->ph + s->image;
	uint64_t rest = a->section_size - image->p_memsz;

	if (image->p_filesz != image->p_memsz || image->p_memsz > a->section_size ||
	    image->p_memsz < SYSLAYER_IMAGE_HEAD)
		return fail(e, STATUS_TROUBLE, "p_filesz", image->p_offset,
		            "the image's segment %zu does not fit the section", s->image);
	for (size_t i = 0; i < o->phnum; i++)
		if (is_load(o->ph + i, a->section + image->p_memsz, PF_R | PF_W) &&
		    o->ph[i].p_memsz == rest && !o->ph[i].p_filesz)
			s->rest = i;
	if (rest && s->rest == NO_PHDR)
		return fail(e, STATUS_TROUBLE, "p_memsz", NO_OFFSET,
		            "no segment holds the rest of the section");
	return 0;
}

int find_section_phdrs(struct section_phdrs *s, const struct added *a, struct error *e)
{
	const struct object *o = a->o;

	*s = (struct section_phdrs){.empty = NO_PHDR, .image = NO_PHDR, .rest = NO_PHDR};
	for (size_t i = 0; i < o->phnum; i++) {
		if (is_load(o->ph + i, a->section, PF_R | PF_X)) {
			s->stamped = true;
			s->image = i;
			return find_rest(s, a, e);
		}
		if (is_load(o->ph + i, a->section, PF_R | PF_W) && o->ph[i].p_memsz == a->section_size &&
		    !o->ph[i].p_filesz)
			s->empty = i;
	}
	if (s->empty == NO_PHDR)
		return fail(e, STATUS_TROUBLE, "note address",
		            a->offset + offsetof(struct syslayer_added, note.address),
		            "no writable segment is the section");
	return 0;
}

uint64_t stamp_record_sum(const struct added *a, const struct section_phdrs *s, uint64_t here)
{
	const struct object *o = a->o;
	uint64_t start = a->offset + a->block.size, behind = here + sizeof(struct stamp_record);
	struct stamp_record r;
	uint64_t sum;

	memcpy(&r, o->data + here, sizeof r);
	r.checksum = 0;
	sum = checksum(CHECKSUM_START, &r, sizeof r);
	/* Section headers and names that the stamped file does without lie there too. */
	if (here >= start)
		return checksum(checksum(sum, o->data + start, here - start), o->data + behind,
		                o->size - behind);
	sum = checksum(sum, o->data + behind, o->ph[s->image].p_filesz);
	return checksum(sum, o->data + start, o->size - start);
}

bool stamp_record_find(struct stamp_record *r, const struct added *a, const struct section_phdrs *s)
{
	const struct object *o = a->o;
	uint64_t start = a->offset + a->block.size, image, here;

	if (!s->stamped)
		return false;
	image = o->ph[s->image].p_offset;
	if (image < sizeof *r || image > o->size)
		return false;
	here = image - sizeof *r;
	memcpy(r, o->data + here, sizeof *r);
	if (memcmp(r->magic, STAMP_RECORD_MAGIC, sizeof r->magic) || r->stamped_size != o->size ||
	    r->size > o->size || start > r->size)
		return false;
	/* In the hole below the segments, or right behind the end. */
	if (here >= a->offset ? r->size > here || here - r->size >= SYSLAYER_PAGE
	                      : o->ph[s->image].p_filesz > a->offset - image)
		return false;
	return stamp_record_sum(a, s, here) == r->checksum;
}

bool stamp_record_left(const struct added *a, const struct section_phdrs *s)
{
	const struct object *o = a->o;
	uint64_t image = o->ph[s->image].p_offset;
	size_t same = 0;

	for (size_t i = 0; image >= sizeof(struct stamp_record) && i < sizeof STAMP_RECORD_MAGIC - 1; i++)
		same += o->data[image - sizeof(struct stamp_record) + i] == STAMP_RECORD_MAGIC[i];
	return same >= (sizeof STAMP_RECORD_MAGIC - 1) / 2;
}

int check_phdrs(const struct added *a, unsigned more, struct error *e)
{
	const struct object *o = a->o;

	if (!in_bounds(a->block.phdrs, (uint64_t)a->block.phdr_room * sizeof *o->ph, a->block.size))
		return fail(e, STATUS_TROUBLE, "block phdrs",
		            a->offset + offsetof(struct syslayer_added, phdrs), "outside of the block");
	if (o->phnum + more > a->block.phdr_room || o->phnum + more >= PN_XNUM)
		return fail(e, STATUS_UNSUPPORTED, "e_phnum", offsetof(Elf64_Ehdr, e_phnum),
		            "no room for %u more program headers", more);
	return 0;
}

int write_phdrs(const struct added *a)
{
	static const Elf64_Phdr none;
	struct object *o = a->o;
	uint32_t sum;

	/* Another tool may have made a table in the room before the block. */
	if (o->eh.e_phoff != a->offset + a->block.phdrs &&
	    object_clear(o, a->offset - added_front(&a->block), added_front(&a->block)))
		return -1;
	o->eh.e_phoff = a->offset + a->block.phdrs;
	for (size_t i = 0; i < o->phnum; i++) {
		if (o->ph[i].p_type != PT_PHDR)
			continue;
		o->ph[i].p_offset = o->eh.e_phoff;
		o->ph[i].p_vaddr = a->address + a->block.phdrs;
		o->ph[i].p_filesz = o->ph[i].p_memsz = o->phnum * sizeof *o->ph;
	}
	o->eh.e_phnum = (Elf64_Half)o->phnum;
	if (object_patch(o, o->eh.e_phoff, o->ph, o->phnum * sizeof *o->ph))
		return -1;
	for (uint64_t i = o->phnum; i < a->block.phdr_room; i++)
		if (object_patch(o, o->eh.e_phoff + i * sizeof none, &none, sizeof none))
			return -1;
	if (object_patch(o, 0, &o->eh, sizeof o->eh))
		return -1;
	sum = added_checksum(&a->block, o->data + a->offset);
	return object_patch(o, a->offset + offsetof(struct syslayer_added, checksum), &sum, sizeof sum);
}
