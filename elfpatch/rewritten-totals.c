// SPDX-License-Identifier: BSD-2-Clause
/* The sums of what has become of the files of trees. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "inspect.h"
#include "rewritten.h"

void count_rewritten(struct rewritten_totals *t, const struct rewritten *r, const struct error *e)
{
	const struct rewrite_result *result = &r->result;

	if (e->status && !r->edited.foreign) {
		t->failed++;
	} else if (e->status) {
		if (e->field && !strcmp(e->field, "e_ident"))
			t->no_elf++;
		else if (e->status == STATUS_UNSUPPORTED)
			t->other++;
		else
			t->damaged++;
	} else if (result->state == REWRITE_ALREADY) {
		t->already++;
	} else {
		result->state == REWRITE_DONE ? t->rewritten++ : t->nothing++;
		t->result.sites += result->sites;
		t->result.rewritten += result->rewritten;
		for (unsigned i = 0; i < SITE_KINDS; i++) {
			t->result.tactics[i] += result->tactics[i];
			t->result.reasons[i] += result->reasons[i];
		}
	}
}

static void line(uint64_t count, unsigned indent, const char *what)
{
	printf("%9" PRIu64 " %*s%s\n", count, (int)indent, "", what);
}

static void lines(const uint32_t *counts, unsigned first, const char *name(unsigned))
{
	for (unsigned i = first; i < SITE_KINDS; i++)
		if (counts[i])
			line(counts[i], 4, name(i));
}

void print_rewritten_totals(const struct rewritten_totals *t, bool dry_run)
{
	const struct rewrite_result *r = &t->result;

	line(t->no_elf + t->other + t->damaged + t->nothing + t->already + t->rewritten + t->failed, 0,
	     "files");
	line(t->rewritten, 2, dry_run ? "would be rewritten" : "rewritten");
	line(t->already, 2, "rewritten already");
	line(t->nothing, 2, "with nothing to rewrite");
	line(t->no_elf, 2, "not ELF");
	line(t->other, 2, "ELF, but no linked programs for x86-64");
	line(t->damaged, 2, "ELF, but damaged");
	line(t->failed, 2, "failed");
	line(r->sites, 0, "sites");
	line(r->rewritten, 2, dry_run ? "would be rewritten" : "rewritten");
	lines(r->tactics, SYSLAYER_TACTIC_NONE + 1, tactic_name);
	line(r->sites - r->rewritten, 2, "left");
	lines(r->reasons, 0, reason_name);
}

json_t *rewritten_totals_json(const struct rewritten_totals *t)
{
	return json_pack("{s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:o, s:o}}}", "files",
	                 t->json, "summary", "rewritten", (json_int_t)t->rewritten, "rewritten already",
	                 (json_int_t)t->already, "nothing to rewrite", (json_int_t)t->nothing, "not ELF",
	                 (json_int_t)t->no_elf, "other ELF", (json_int_t)t->other, "damaged",
	                 (json_int_t)t->damaged, "failed", (json_int_t)t->failed, "sites", "total",
	                 (json_int_t)t->result.sites, "rewritten", (json_int_t)t->result.rewritten, "left",
	                 (json_int_t)(t->result.sites - t->result.rewritten), "tactics",
	                 counts_json(t->result.tactics, tactic_name, SYSLAYER_TACTIC_NONE + 1), "reasons",
	                 counts_json(t->result.reasons, reason_name, 0));
}
