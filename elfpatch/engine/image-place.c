// SPDX-License-Identifier: BSD-2-Clause
/*
 * Chooses where in the file an image goes. The added segments keep the distance of address and
 * offset, so BSS below them is a hole in the file: an image that fits in there costs no length.
 */
#include "undo.h"
#include "stamp.h"

static uint64_t page_up(uint64_t offset)
{
	return (offset + SYSLAYER_PAGE - 1) & ~(uint64_t)(SYSLAYER_PAGE - 1);
}

static uint64_t reach(uint64_t end, uint64_t from, uint64_t length, uint64_t limit)
{
	return from < limit && from + length > end ? from + length : end;
}

/* The end of what headers say lies below the offset. */
static uint64_t end_of_use(const struct added *a, uint64_t limit)
{
	const struct object *o = a->o;
	struct syslayer_undo u;
	uint64_t end = sizeof o->eh;

	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type != PT_NULL && o->ph[i].p_type != PT_GNU_STACK)
			end = reach(end, o->ph[i].p_offset, o->ph[i].p_filesz, limit);
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_type != SHT_NULL && o->sh[i].sh_type != SHT_NOBITS)
			end = reach(end, o->sh[i].sh_offset, o->sh[i].sh_size, limit);
	end = reach(end, o->eh.e_shoff, o->shnum * sizeof *o->sh, limit);
	end = reach(end, o->eh.e_phoff, o->phnum * sizeof *o->ph, limit);
	/* What no header tells of is the original's, too, but for what has moved away. */
	if (undo_read(&u, a))
		end = reach(end, 0, u.to ? u.from : u.size, limit);
	return end;
}

uint64_t image_place(const struct added *a, uint64_t size)
{
	const struct object *o = a->o;
	uint64_t before = added_front(&a->block) + ADDED_UNDO_SIZE, limit = a->offset - before, offset;

	/* Where another tool has laid the file out anew, the hole is no longer what it was. */
	if (o->eh.e_phoff == a->offset + a->block.phdrs && a->offset > before) {
		offset = page_up(end_of_use(a, limit) + sizeof(struct stamp_record));
		if (offset < limit && size <= limit - offset) {
			uint64_t at = offset - sizeof(struct stamp_record);

			while (at < offset + size && !o->data[at])
				at++;
			if (at == offset + size)
				return offset;
		}
	}
	return page_up(o->size + sizeof(struct stamp_record));
}
