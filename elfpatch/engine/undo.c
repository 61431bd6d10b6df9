// SPDX-License-Identifier: BSD-2-Clause
/* Writes and reads the record of what a file was before it was rewritten. */
#include <stdlib.h>
#include <string.h>
#include "parallel.h"
#include "undo.h"
#include "unwind.h"

/* Summed by itself each: so many at a time as there are processors. */
#define PIECE ((uint64_t)1 << 20)

/* All bytes of a file of 100 MB in a few milliseconds: four sums side by side, each one-to-one. */
static uint64_t sum_piece(const unsigned char *p, uint64_t size)
{
	static const uint64_t prime = 0x100000001b3u;
	uint64_t lane[4] = {CHECKSUM_START, CHECKSUM_START, CHECKSUM_START, CHECKSUM_START}, i = 0;

	for (; i + sizeof lane <= size; i += sizeof lane) {
		uint64_t word[4];

		memcpy(word, p + i, sizeof word);
		for (unsigned k = 0; k < 4; k++)
			lane[k] = (lane[k] ^ word[k]) * prime;
	}
	return checksum(checksum(CHECKSUM_START, lane, sizeof lane), p + i, size - i);
}

struct summing {
	const struct object *o;
	uint64_t offset, size;
	uint64_t *piece;
};

static int sum_part(void *arg, unsigned part, unsigned parts)
{
	const struct summing *s = arg;
	const uint64_t count = (s->size + PIECE - 1) / PIECE;

	for (uint64_t i = count * part / parts; i < count * (part + 1) / parts; i++) {
		uint64_t from = i * PIECE, length = s->size - from < PIECE ? s->size - from : PIECE;

		s->piece[i] = sum_piece(s->o->data + s->offset + from, length);
		object_forget(s->o, s->offset + from, s->offset + from + length);
	}
	return 0;
}

/* *sum goes on with bytes of the file. Returns 0 or -1 with errno. */
static int sum_on(uint64_t *sum, const struct object *o, uint64_t offset, uint64_t size)
{
	struct summing s = {o, offset, size, NULL};
	const uint64_t count = (size + PIECE - 1) / PIECE;
	int result;

	s.piece = malloc((count + !count) * sizeof *s.piece);
	if (!s.piece)
		return -1;
	result = parallel(size, sum_part, &s);
	*sum = checksum(*sum, s.piece, count * sizeof *s.piece);
	free(s.piece);
	return result;
}

struct sums {
	uint64_t loaded, original;
};

/*
 * Each byte of the original is taken once: what the segments load in their order, and what lies between. u:
 * where the file has them. The last that lies between is what may have moved.
 */
static int sums_of(struct sums *s, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                   const struct object *o)
{
	const uint64_t size = u->size < o->size ? u->size : o->size;
	uint64_t at = sizeof u->header, rest = checksum(CHECKSUM_START, u->header, at), behind;

	s->loaded = CHECKSUM_START;
	for (size_t i = 0; i < u->phnum; i++) {
		uint64_t from = ph[i].p_offset > at ? ph[i].p_offset : at,
		         to = ph[i].p_offset + ph[i].p_filesz;

		if (ph[i].p_type != PT_LOAD || !in_bounds(ph[i].p_offset, ph[i].p_filesz, size) || from >= to)
			continue;
		if (sum_on(&rest, o, at, from - at) || sum_on(&s->loaded, o, from, to - from))
			return -1;
		at = to;
	}
	behind = u->from == at && in_bounds(u->to, size - at, o->size) ? u->to : at;
	if (sum_on(&rest, o, behind, size - at))
		return -1;
	s->original = checksum(rest, &s->loaded, sizeof s->loaded);
	return 0;
}

int undo_begin(struct undo *u, struct object *o)
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
	if (sums_of(&s, r, o->ph, o))
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

	if (sums_of(&s, u, ph, o))
		return UNDO_UNKNOWN;
	if (u->size <= o->size && s.original == u->original)
		return UNDO_ALL;
	return u->phnum && s.loaded == u->loaded ? UNDO_LOADED : UNDO_OTHER;
}
