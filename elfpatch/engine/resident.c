// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keeps what is mapped in of a file small: pages of it count as memory of the process, and a pass goes
 * through all of them. Those that were edited are the only place where the edits are, and stay.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <syslayer/abi.h>
#include "object.h"

/* Often enough for the memory, and seldom enough for the time: a page that is asked for again is a fault. */
#define FORGET_AT ((uint64_t)1 << 20)
/* A look brings in some pieces of 64 KiB (the kernel's fault_around_bytes), or, from Linux 6.18 on, of up to
 * 2 MiB, as the page cache has them. */
#define LOOKS_MAX 4
/* What is no larger may all be mapped in. */
#define FILE_SMALL ((uint64_t)8 << 20)

static bool is_edited(const struct object *o, uint64_t page)
{
	return o->edited && o->edited[page / 8] >> page % 8 & 1;
}

int object_note_edit(struct object *o, uint64_t offset, uint64_t length)
{
	uint64_t pages = o->size / SYSLAYER_PAGE + 1;

	if (!o->edited)
		o->edited = calloc(pages / 8 + 1, 1);
	if (!o->edited)
		return -1;
	for (uint64_t page = offset / SYSLAYER_PAGE; length && page <= (offset + length - 1) / SYSLAYER_PAGE;
	     page++)
		o->edited[page / 8] |= (unsigned char)(1 << page % 8);
	return 0;
}

/* The pages [from, to). */
static void forget(const struct object *o, uint64_t from, uint64_t to)
{
	for (uint64_t end; from < to; from = end) {
		while (from < to && is_edited(o, from))
			from++;
		for (end = o->edited ? from : to; end < to && !is_edited(o, end); end++)
			;
		if (end > from)
			madvise(o->data + from * SYSLAYER_PAGE, (end - from) * SYSLAYER_PAGE, MADV_DONTNEED);
	}
}

static bool is_large(const struct object *o)
{
	return o->size > FILE_SMALL;
}

void object_expect(const struct object *o, uint64_t from, uint64_t to)
{
	/* All at once costs half of what the faults would. */
#ifdef MADV_POPULATE_READ
	if (is_large(o) && from < to && to <= o->size) {
		from = from / SYSLAYER_PAGE * SYSLAYER_PAGE;
		madvise(o->data + from, to - from, MADV_POPULATE_READ);
	}
#else
	(void)o, (void)from, (void)to;
#endif
}

void object_forget(const struct object *o, uint64_t from, uint64_t to)
{
	if (is_large(o) && from < to && to <= o->size)
		forget(o, from / SYSLAYER_PAGE, (to + SYSLAYER_PAGE - 1) / SYSLAYER_PAGE);
}

void object_pass(const struct object *o, uint64_t *behind, uint64_t offset)
{
	uint64_t from = *behind;

	if (offset >= from && (offset - from < FORGET_AT || !is_large(o)))
		return;
	*behind = offset;
	object_forget(o, from, offset);
}

void object_look(const struct object *o, unsigned *looks)
{
	if (++*looks % LOOKS_MAX == 0)
		object_forget(o, 0, o->size);
}
