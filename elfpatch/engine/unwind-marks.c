// SPDX-License-Identifier: BSD-2-Clause
/* What is to be known of trampolines for unwinding: taken down as they are made, and what the program says
 * there. */
#include <stdlib.h>
#include "unwind.h"

static int add_fill(struct unwind *u, uint64_t address)
{
	if (u->fills == u->fill_room) {
		size_t room = 2 * u->fills + 16;
		struct unwind_fill *grown = realloc(u->fill, room * sizeof *grown);

		if (!grown)
			return -1;
		u->fill = grown;
		u->fill_room = room;
	}
	u->fill[u->fills++] = (struct unwind_fill){.address = address, .mark = u->count};
	return 0;
}

int unwind_add(struct unwind *u, const struct site *s, const struct trampoline *t, uint64_t address)
{
	uint64_t start = s->address - s->before;
	struct site_piece piece[SITE_PIECES];

	if (site_pieces(piece, s) > 1 && add_fill(u, piece[1].address))
		return -1;
	if (u->count + t->marks > u->room) {
		size_t room = 2 * (u->count + t->marks) + 256;
		struct unwind_mark *grown = realloc(u->mark, room * sizeof *grown);

		if (!grown)
			return -1;
		u->mark = grown;
		u->room = room;
	}
	for (unsigned i = 0; i < t->marks; i++)
		u->mark[u->count++] = (struct unwind_mark){
		    .address = address + t->mark[i].offset,
		    .source = start + t->mark[i].source,
		    .site = start,
		    .lowered = t->mark[i].lowered,
		};
	u->end = address + t->size;
	return 0;
}

void unwind_free(struct unwind *u)
{
	free(u->mark);
	free(u->fill);
	*u = (struct unwind){0};
}

static int mark_fde(void *context, uint64_t address, uint64_t start, uint64_t end, const struct cie *cie)
{
	struct unwind *u = context;
	size_t low = 0, high = u->count;

	(void)cie;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->mark[middle].site < start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < u->count && u->mark[low].site < end; low++)
		u->mark[low].fde = address;
	return 0;
}

static void find_fdes(struct unwind *u, const struct unwind_table *table)
{
	unsigned looks = 0;

	if (!table->frames || !table->count) {
		each_fde(table->o, mark_fde, u);
		return;
	}
	for (size_t i = 0; i < u->count; i++) {
		if (i && u->mark[i].site == u->mark[i - 1].site) {
			u->mark[i].fde = u->mark[i - 1].fde;
			continue;
		}
		u->mark[i].fde = unwind_table_find(table, u->mark[i].site);
		object_look(table->o, &looks);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct unwind_fill *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

void unwind_arrange(struct unwind *u, const struct unwind_table *table)
{
	find_fdes(u, table);
	if (u->fills)
		qsort(u->fill, u->fills, sizeof *u->fill, by_address);
}
