// SPDX-License-Identifier: BSD-2-Clause
/* Tells what has become of a file that was to be rewritten, for people and as JSON. */
#include <stdio.h>
#include "inspect.h"
#include "rewritten.h"
#include "task.h"

static void print_left(const struct rewrite_result *r)
{
	unsigned n = 0;

	printf("%u left", r->sites - r->rewritten);
	for (unsigned i = 0; i < SITE_KINDS; i++)
		if (r->reasons[i])
			printf("%s%u %s", n++ ? ", " : " (", r->reasons[i], reason_name(i));
	puts(n ? ")" : "");
}

void print_rewritten(const struct options *options, const char *file, const struct rewritten *r,
                     const struct error *e)
{
	const struct rewrite_result *result = &r->result;

	if (e->status && r->edited.foreign && in_trees(options)) {
		printf("%s: passed over, %s\n", file, e->text);
	} else if (e->status) {
		complain(file, e);
	} else if (options->quiet) {
		;
	} else if (result->state == REWRITE_DONE) {
		printf("%s: %u sites: %u %srewritten, ", file, result->sites, result->rewritten,
		       r->edited.state == EDIT_WOULD ? "would be " : "");
		print_left(result);
		print_warnings(file, r->edited.warnings);
	} else if (options->verbose && result->state == REWRITE_ALREADY) {
		printf("%s: unchanged, rewritten already\n", file);
	} else if (options->verbose) {
		printf("%s: unchanged, %u sites%s", file, result->sites, result->sites ? ": " : "\n");
		if (result->sites)
			print_left(result);
	}
}

static json_t *error_json(const struct error *e)
{
	return json_pack("{s:s?, s:o, s:s}", "field", e->field, "offset",
	                 e->offset != NO_OFFSET ? json_integer((json_int_t)e->offset) : json_null(), "text",
	                 e->text);
}

static const char *state_name(const struct rewritten *r, const struct error *e)
{
	if (e->status)
		return "failed";
	if (r->result.state == REWRITE_ALREADY)
		return "rewritten already";
	if (r->result.state == REWRITE_NOTHING)
		return "nothing to rewrite";
	return r->edited.state == EDIT_WOULD ? "would be rewritten" : "rewritten";
}

json_t *counts_json(const uint32_t *counts, const char *name(unsigned), unsigned first)
{
	json_t *all = json_object();

	for (unsigned i = first; i < SITE_KINDS; i++)
		if (counts[i])
			json_object_set_new(all, name(i), json_integer(counts[i]));
	return all;
}

json_t *rewritten_json(const char *file, const struct rewritten *r, const struct error *e)
{
	const struct rewrite_result *result = &r->result;
	json_t *all = json_pack("{s:o, s:s, s:i}", "file", json_text(file), "result", state_name(r, e),
	                        "status", e->status);

	if (e->status)
		json_object_set_new(all, "error", error_json(e));
	else if (result->state != REWRITE_ALREADY)
		json_object_set_new(
		    all, "sites",
		    json_pack("{s:i, s:i, s:i, s:o, s:o}", "total", (int)result->sites, "rewritten",
		              (int)result->rewritten, "left", (int)(result->sites - result->rewritten),
		              "tactics", counts_json(result->tactics, tactic_name, SYSLAYER_TACTIC_NONE + 1),
		              "reasons", counts_json(result->reasons, reason_name, 0)));
	json_object_set_new(all, "warnings", warnings_json(r->edited.warnings));
	return all;
}
