// SPDX-License-Identifier: BSD-2-Clause
/* Reads the table of sites: rows of one size, and behind them what stood at the sites, one after the other.
 */
#include <string.h>
#include "sites.h"

int site_row_next(struct site_row *s, const struct added *a)
{
	const struct syslayer_added *b = &a->block;
	const uint64_t rows = (uint64_t)b->site_count * sizeof s->row;
	const unsigned char *p;

	if (s->index == b->site_count)
		return 0;
	s->at = b->sites + (uint64_t)s->index * sizeof s->row;
	p = added_at(a, s->at, sizeof s->row);
	if (!p)
		return -1;
	memcpy(&s->row, p, sizeof s->row);
	s->original_at = b->sites + rows + s->behind;
	s->original = added_at(a, s->original_at, s->row.length);
	s->behind += s->row.length;
	s->index++;
	return s->original ? 1 : -1;
}

uint64_t site_rows_size(const struct added *a)
{
	struct site_row s = {0};

	while (site_row_next(&s, a) > 0)
		;
	return (uint64_t)a->block.site_count * sizeof s.row + s.behind;
}

struct site site_of_row(const struct added *a, const struct syslayer_site *row)
{
	struct site s = {
	    .address = a->address + (uint64_t)(int64_t)row->address,
	    .number = row->number,
	    .tactic = (enum syslayer_tactic)row->tactic,
	    .reason = (enum syslayer_reason)row->reason,
	    .before = row->before,
	    .length = row->length,
	};

	if (s.tactic == SYSLAYER_TACTIC_SHORT) {
		s.away = (int8_t)row->before;
		s.before = 0;
	}
	return s;
}

unsigned site_pieces(struct site_piece p[SITE_PIECES], const struct site *s)
{
	p[0] = (struct site_piece){s->address - s->before, s->length};
	if (s->tactic != SYSLAYER_TACTIC_SHORT || s->length < 2)
		return 1;
	p[0].length = 2;
	p[1] = (struct site_piece){s->address + 2 + (uint64_t)(int64_t)s->away, (uint8_t)(s->length - 2)};
	return 2;
}

unsigned site_row_pieces(struct site_piece p[SITE_PIECES], const struct added *a,
                         const struct syslayer_site *row)
{
	const struct site s = site_of_row(a, row);

	return site_pieces(p, &s);
}
