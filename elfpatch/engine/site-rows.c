// SPDX-License-Identifier: BSD-2-Clause
/* Reads the table of sites: rows of one size, and behind them what stood at the sites, one after the other.
 */
#include <string.h>
#include "added.h"

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
