// SPDX-License-Identifier: BSD-2-Clause
/* Writes and reads the record of what a file was before it was rewritten. */
#include <string.h>
#include "undo.h"
#include "unwind.h"

struct sums {
	uint64_t loaded, original;
};

/*
 * Each byte of the original is taken once: what the segments load in their order, and what lies between. u:
 * where the file has them. The last that lies between is what may have moved.
 */
static int sums_of(struct sums *s, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                   const struct object *o, const struct summed_list *summed)
{
	const uint64_t size = u->size < o->size ? u->size : o->size;
	uint64_t at = sizeof u->header, rest = checksum(CHECKSUM_START, u->header, at), behind;

	s->loaded = CHECKSUM_START;
	for (size_t i = 0; i < u->phnum; i++) {
		uint64_t from = ph[i].p_offset > at ? ph[i].p_offset : at,
		         to = ph[i].p_offset + ph[i].p_filesz;

		if (ph[i].p_type != PT_LOAD || !in_bounds(ph[i].p_offset, ph[i].p_filesz, size) || from >= to)
			continue;
		if (sum_on(&rest, o, at, from - at, summed) || sum_on(&s->loaded, o, from, to - from, summed))
			return -1;
		at = to;
	}
	behind = u->from == at && in_bounds(u->to, size - at, o->size) ? u->to : at;
	if (sum_on(&rest, o, behind, size - at, summed))
		return -1;
	s->original = checksum(rest, &s->loaded, sizeof s->loaded);
	return 0;
}

int undo_begin(struct undo *u, struct object *o, const struct summed_list *summed)
{
	const Elf64_Shdr *debug = section_by_name(o, UNWIND_DEBUG_SECTION);
	struct syslayer_undo *r = &u->record;
	struct sums s;

	*r = (struct syslayer_undo){
	    .magic = SYSLAYER_UNDO_MAGIC,
	    .size = o->size,
	    .debug_frame = debug ? debug->sh_size : 0,
	    .phnum = o->phnum <= UNDO_PHDRS ? (uint32_t)o->phnum : 0,
	};
	memcpy(r->header, &o->eh, sizeof o->eh);
	memcpy(u->ph, o->ph, r->phnum * sizeof *o->ph);
	if (sums_of(&s, r, o->ph, o, summed))
		return -1;
	r->original = s.original;
	r->loaded = s.loaded;
	return 0;
}

static uint64_t own_sum(const unsigned char *page)
{
	const uint64_t at = offsetof(struct syslayer_undo, checksum);
	static const unsigned char zero[sizeof(uint64_t)];
	uint64_t n = checksum(checksum(CHECKSUM_START, page, at), zero, sizeof zero);

	return checksum(n, page + at + sizeof zero, ADDED_UNDO_SIZE - at - sizeof zero);
}

static uint64_t page_offset(const struct added *a)
{
	return a->offset - added_front(&a->block) - ADDED_UNDO_SIZE;
}

void undo_finish(const struct added *a, struct undo *u, uint64_t from, uint64_t to)
{
	unsigned char *page = a->o->tail + (page_offset(a) - a->o->tail_offset);
	const struct syslayer_undo *r = &u->record;

	u->record.from = from;
	u->record.to = to;
	memcpy(page, r, sizeof *r);
	memcpy(page + sizeof *r, u->ph, r->phnum * sizeof *u->ph);
	u->record.checksum = own_sum(page);
	memcpy(page, r, sizeof *r);
}

/* The page in the file, or NULL. */
static const unsigned char *page(const struct added *a)
{
	if (a->offset < added_front(&a->block) + ADDED_UNDO_SIZE ||
	    !in_bounds(page_offset(a), ADDED_UNDO_SIZE, a->o->size))
		return NULL;
	return a->o->data + page_offset(a);
}

bool undo_read(struct syslayer_undo *u, const struct added *a)
{
	const unsigned char *p = page(a);

	if (!p)
		return false;
	memcpy(u, p, sizeof *u);
	return !memcmp(u->magic, SYSLAYER_UNDO_MAGIC, sizeof u->magic) && u->phnum <= UNDO_PHDRS &&
	       u->checksum == own_sum(p);
}

void undo_read_phdrs(Elf64_Phdr *ph, const struct syslayer_undo *u, const struct added *a)
{
	memcpy(ph, page(a) + sizeof *u, u->phnum * sizeof *ph);
}

bool undo_page_is_whole(const struct added *a)
{
	const unsigned char *p = page(a);
	struct syslayer_undo u;
	uint64_t i = 0;

	if (!p)
		return false;
	if (undo_read(&u, a))
		return true;
	while (i < ADDED_UNDO_SIZE && !p[i])
		i++;
	return i == ADDED_UNDO_SIZE;
}

enum undo_match undo_match(const struct syslayer_undo *u, const Elf64_Phdr *ph, const struct object *o)
{
	struct sums s;

	if (sums_of(&s, u, ph, o, &(struct summed_list){0}))
		return UNDO_UNKNOWN;
	if (u->size <= o->size && s.original == u->original)
		return UNDO_ALL;
	return u->phnum && s.loaded == u->loaded ? UNDO_LOADED : UNDO_OTHER;
}
