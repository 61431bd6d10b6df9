// SPDX-License-Identifier: BSD-2-Clause
/* Reads the search table of .eh_frame_hdr (LSB 5.0, 10.6.2), also when it has been edited. */
#include <string.h>
#include "eh-frame.h"
#include "unwind-table.h"

const unsigned char unwind_table_form[4] = {1, PE_PCREL | PE_SDATA4, PE_UDATA4, PE_DATAREL | PE_SDATA4};

/* The bytes that the program header counts for the one at the address; what lies behind is something else. */
static uint64_t size_of(const struct object *o, uint64_t address)
{
	for (size_t i = o->phnum; i-- > 0;)
		if (o->ph[i].p_type == PT_GNU_EH_FRAME && o->ph[i].p_vaddr == address)
			return o->ph[i].p_filesz;
	return UINT64_MAX; /* there is another header now: it was a table once */
}

void unwind_table_open(struct unwind_table *t, const struct added *a, const struct syslayer_unwind *edit)
{
	const struct object *o = a->o;
	const unsigned char *p;
	uint64_t size;
	int32_t frames;

	*t = (struct unwind_table){.o = o, .edited = edit};
	if (edit) {
		t->edit = *edit;
		t->address = edit->table ? a->address + (uint64_t)edit->table : 0;
	} else {
		for (size_t i = 0; i < o->phnum; i++)
			if (o->ph[i].p_type == PT_GNU_EH_FRAME)
				t->address = o->ph[i].p_vaddr;
	}
	p = t->address ? object_at(o, t->address, UNWIND_HEADER_SIZE) : NULL;
	if (!p || memcmp(p, unwind_table_form, sizeof unwind_table_form) != 0)
		return;
	memcpy(&frames, p + 4, 4);
	memcpy(&t->count, p + 8, 4);
	size = UNWIND_HEADER_SIZE + (uint64_t)t->count * sizeof(struct unwind_entry);
	/* A table in the frames that it is about would change them when it is edited. */
	if (size > size_of(o, t->address) || !object_at(o, t->address, size) ||
	    t->address + 4 + (uint64_t)(int64_t)frames - t->address < size)
		return;
	t->frames = t->address + 4 + (uint64_t)(int64_t)frames;
	t->entries = (uint64_t)(p - o->data) + UNWIND_HEADER_SIZE;
}

static struct unwind_entry entry(const struct unwind_table *t, uint32_t i)
{
	struct unwind_entry e;

	memcpy(&e, t->o->data + t->entries + (uint64_t)i * sizeof e, sizeof e);
	return e;
}

struct unwind_entry unwind_table_entry(const struct unwind_table *t, uint32_t i)
{
	/* A header of ours is instead of an edit, and so is a table that leads too far: its count is 0. */
	if (!t->edited || t->edit.header || !t->edit.count || i < t->edit.index)
		return entry(t, i);
	if (i == t->edit.index)
		return (struct unwind_entry){entry(t, i).start, t->edit.fde};
	if (i == t->edit.index + 1)
		return (struct unwind_entry){t->edit.next, t->edit.after};
	return entry(t, i - 1);
}

uint64_t unwind_table_find(const struct unwind_table *t, uint64_t address)
{
	uint32_t low = 0, high = t->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct unwind_entry e = unwind_table_entry(t, middle);

		if (t->address + (uint64_t)(int64_t)e.start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? t->address + (uint64_t)(int64_t)unwind_table_entry(t, low - 1).fde : 0;
}
