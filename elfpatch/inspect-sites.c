// SPDX-License-Identifier: BSD-2-Clause
/* The table of sites, for people and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "inspect.h"
#include "sites.h"
#include "symbols.h"

static const char *const syscall_names[] = {
#include "syscall-names.h"
};

static const char *syscall_name(int32_t number)
{
	return number >= 0 && (size_t)number < sizeof syscall_names / sizeof *syscall_names
	           ? syscall_names[number]
	           : NULL;
}

const char *reason_name(unsigned reason)
{
	switch (reason) {
	case SYSLAYER_REASON_SIGRETURN:
		return "rt_sigreturn";
	case SYSLAYER_REASON_NUMBER:
		return "no slot";
	case SYSLAYER_REASON_TARGET:
		return "branch target";
	case SYSLAYER_REASON_ROOM:
		return "no room";
	case SYSLAYER_REASON_COMPARED:
		return "compared with the pc";
	default:
		return "unknown reason";
	}
}

const char *tactic_name(unsigned tactic)
{
	switch (tactic) {
	case SYSLAYER_TACTIC_NONE:
		return "left";
	case SYSLAYER_TACTIC_BEFORE:
		return "before";
	case SYSLAYER_TACTIC_AFTER:
		return "after";
	case SYSLAYER_TACTIC_RANGE:
		return "range";
	case SYSLAYER_TACTIC_AROUND:
		return "around";
	case SYSLAYER_TACTIC_SHORT:
		return "short";
	default:
		return "unknown tactic";
	}
}

int count_sites(struct facts *f, struct error *e)
{
	struct site_row s = {0};
	int more;

	while ((more = site_row_next(&s, &f->a)) > 0) {
		f->sites++;
		if (s.row.tactic != SYSLAYER_TACTIC_NONE)
			continue;
		f->left++;
		f->reasons[s.row.reason]++;
	}
	return more ? fail(e, STATUS_TROUBLE, "block sites",
	                   f->a.offset + offsetof(struct syslayer_added, sites),
	                   "the table of sites goes over the end of the block")
	            : 0;
}

void print_sites(const struct facts *f)
{
	struct site_row s = {0};
	struct symbols symbols;

	/* Without memory for them: without names. */
	symbols_read(&symbols, f->a.o);

	while (site_row_next(&s, &f->a) > 0) {
		const struct syslayer_site row = s.row;
		uint64_t address = f->a.address + (uint64_t)(int64_t)row.address, offset;
		const char *function = symbol_at(&symbols, address, &offset),
		           *name = syscall_name(row.number);
		char where[256] = "?", what[64] = "?";

		if (function)
			snprintf(where, sizeof where, "%s+0x%" PRIx64, function, offset);
		if (row.number >= 0)
			snprintf(what, sizeof what, "%d %s", row.number, name ? name : "?");
		printf("  0x%012" PRIx64 "  %-24s %-32s %s%s%s\n", address, what, where,
		       tactic_name(row.tactic), row.tactic == SYSLAYER_TACTIC_NONE ? ": " : "",
		       row.tactic == SYSLAYER_TACTIC_NONE ? reason_name(row.reason) : "");
	}
	symbols_free(&symbols);
}

json_t *sites_json(const struct facts *f)
{
	json_t *all = json_array();
	struct site_row s = {0};
	struct symbols symbols;

	symbols_read(&symbols, f->a.o);

	while (site_row_next(&s, &f->a) > 0) {
		const struct syslayer_site row = s.row;
		uint64_t address = f->a.address + (uint64_t)(int64_t)row.address, offset;
		const char *function = symbol_at(&symbols, address, &offset);
		struct site_piece piece[SITE_PIECES];
		unsigned pieces = site_row_pieces(piece, &f->a, &row);
		json_t *site =
		    json_pack("{s:I, s:I, s:i, s:o, s:s?, s:s, s:s?, s:o}", "address", (json_int_t)address,
		              "start", (json_int_t)piece[0].address, "length", (int)piece[0].length,
		              "function", function ? json_text(function) : json_null(), "name",
		              syscall_name(row.number), "tactic", tactic_name(row.tactic), "reason",
		              row.tactic == SYSLAYER_TACTIC_NONE ? reason_name(row.reason) : NULL, "number",
		              row.number == SITE_UNKNOWN ? json_null() : json_integer(row.number));

		if (site && pieces > 1)
			json_object_set_new(site, "fill",
			                    json_pack("{s:I, s:i}", "start", (json_int_t)piece[1].address,
			                              "length", (int)piece[1].length));
		json_array_append_new(all, site);
	}
	symbols_free(&symbols);
	return all;
}
