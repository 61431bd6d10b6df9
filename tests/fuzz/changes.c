// SPDX-License-Identifier: BSD-2-Clause
/* Files that syslayer made, changed where a change can meet something. */
#include <stdlib.h>
#include <string.h>
#include <syslayer/image.h>
#include "changes.h"

#define REGIONS 32
struct plan {
	size_t count, block;
	struct region {
		uint64_t offset, size;
	} region[REGIONS];
};
static struct plan plan[BASES];

static void add(struct plan *p, uint64_t offset, uint64_t size, uint64_t file)
{
	if (size && p->count < REGIONS && in_bounds(offset, size, file))
		p->region[p->count++] = (struct region){offset, size};
}

/* What a change can meet. */
static void make_plan(struct plan *p, const struct base *b)
{
	struct section_phdrs s;
	struct object o = {0};
	struct error e = {0};
	struct added a;

	if (object_open_fd(&o, file_put(0, b->bytes, b->size), &e) || !added_find(&o, &a, &e) ||
	    find_section_phdrs(&s, &a, &e))
		broken("base: %s", e.text);
	p->block = a.offset;
	add(p, 0, sizeof o.eh, b->size);
	add(p, o.eh.e_phoff, a.block.phdr_room * sizeof *o.ph, b->size);
	add(p, o.eh.e_shoff, o.shnum * sizeof *o.sh, b->size);
	add(p, a.offset, sizeof a.block, b->size);
	add(p, a.offset + a.block.sites, site_rows_size(&a), b->size);
	add(p, a.offset + a.block.trampolines, a.block.trampolines_size, b->size);
	add(p, a.offset + a.block.runtime, a.block.runtime_size, b->size);
	add(p, a.offset + a.block.native, a.block.native ? SYSLAYER_IMAGE_HEAD : 0, b->size);
	if (s.stamped) {
		const uint64_t image = o.ph[s.image].p_offset;

		add(p, image, SYSLAYER_IMAGE_HEAD, b->size);
		add(p, image - sizeof(struct stamp_record), sizeof(struct stamp_record), b->size);
	}
	if (o.shnum)
		add(p, o.sh[o.shstrndx].sh_offset, o.sh[o.shstrndx].sh_size, b->size);
	for (size_t i = 0; i < o.phnum; i++)
		if (o.ph[i].p_type == PT_DYNAMIC || (o.ph[i].p_type == PT_LOAD && o.ph[i].p_flags & PF_X))
			add(p, o.ph[i].p_offset, o.ph[i].p_filesz, b->size);
	/* The record of what was before, and what had to move for it. */
	add(p, a.offset - added_front(&a.block) - ADDED_UNDO_SIZE, sizeof(struct syslayer_undo), b->size);
	add(p, 0, b->size, b->size);
	object_close(&o);
}

void changes_begin(void)
{
	bases_read();
	for (size_t i = 0; i < base_count; i++)
		make_plan(plan + i, bases + i);
}

static void change(unsigned char *file, uint64_t size, const struct plan *p, const unsigned char *how)
{
	static const uint64_t value[] = {0,
	                                 1,
	                                 UINT64_MAX,
	                                 0x7fffffffffffffff,
	                                 0x8000000000000000,
	                                 0xffffffff,
	                                 0x80000000,
	                                 0x7fffffff,
	                                 0xfff,
	                                 0x1000,
	                                 0x100000,
	                                 0x400000,
	                                 (uint64_t)1 << 46,
	                                 (uint64_t)1 << 47,
	                                 -(uint64_t)4096,
	                                 64};
	const struct region *r = p->region + how[0] % REGIONS % p->count;
	uint64_t place = ((uint64_t)how[1] | (uint64_t)how[2] << 8) % r->size, at = r->offset + place;

	/* The top bits of the region: a byte, a byte's difference, a field of 8, 4 or 2 bytes. */
	switch (how[0] >> 5) {
	case 0:
		file[at] = how[3];
		break;
	case 1:
		file[at] = (unsigned char)(file[at] + how[3]);
		break;
	case 2:
		file[at] ^= (unsigned char)(1 << how[3] % 8);
		break;
	case 3: /* of this very file: its size */
		at -= place % 8;
		if (in_bounds(at, 8, size)) {
			uint64_t near = size + how[3] - 128;

			memcpy(file + at, &near, 8);
		}
		break;
	case 4: /* from elsewhere in the region */
		if (in_bounds(at, 8, size) && in_bounds(r->offset + (uint64_t)how[3] * 8, 8, size))
			memmove(file + at, file + r->offset + (uint64_t)how[3] * 8, 8);
		break;
	default: {
		uint64_t bytes = how[0] >> 5 == 5 ? 8 : how[0] >> 5 == 6 ? 4 : 2;

		at -= place % bytes;
		if (in_bounds(at, bytes, size))
			memcpy(file + at, value + how[3] % 16, bytes);
	}
	}
}

static void repair_sum(unsigned char *file, uint64_t size, uint64_t block)
{
	struct syslayer_added b;

	if (!in_bounds(block, sizeof b, size))
		return;
	memcpy(&b, file + block, sizeof b);
	if (b.size < sizeof b || !in_bounds(block, b.size, size))
		return;
	b.checksum = added_checksum(&b, file + block);
	memcpy(file + block, &b, sizeof b);
}

static void repair_record(unsigned char *file, uint64_t size)
{
	struct object o = {0};
	struct error e = {0};
	struct section_phdrs s;
	struct stamp_record r;
	struct added a;
	uint64_t here;

	if (object_open_fd(&o, file_put(0, file, size), &e) || !added_find(&o, &a, &e) ||
	    find_section_phdrs(&s, &a, &e) || !s.stamped || o.ph[s.image].p_offset < sizeof r)
		goto out;
	here = o.ph[s.image].p_offset - sizeof r;
	memcpy(&r, file + here, sizeof r);
	if (a.offset + a.block.size > size || o.ph[s.image].p_filesz > size - o.ph[s.image].p_offset)
		goto out;
	r.stamped_size = size;
	r.checksum = stamp_record_sum(&a, &s, here);
	memcpy(file + here, &r, sizeof r);
out:
	object_close(&o);
}

unsigned char *changed_file(const unsigned char *bytes, size_t size, const struct base **base,
                            uint64_t *length)
{
	const struct plan *p;
	unsigned char *file;

	if (size < 6)
		return NULL;
	*base = bases + bytes[0] % base_count;
	p = plan + bytes[0] % base_count;
	*length = (*base)->size;
	file = malloc(*length);
	if (!file)
		broken("no memory");
	memcpy(file, (*base)->bytes, *length);
	for (size_t i = 2; i + 4 <= size && i < 2 + 4 * 64; i += 4)
		change(file, *length, p, bytes + i);
	if (bytes[1] & CHANGES_CUT)
		*length -= (bytes[2] | (uint64_t)bytes[3] << 8) % *length;
	if (bytes[1] & CHANGES_SUM)
		repair_sum(file, *length, p->block);
	if (bytes[1] & CHANGES_RECORD)
		repair_record(file, *length);
	return file;
}
