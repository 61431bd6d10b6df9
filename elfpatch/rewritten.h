/* SPDX-License-Identifier: BSD-2-Clause */
/* What has become of a file that was to be rewritten. */
#ifndef REWRITTEN_H
#define REWRITTEN_H

#include "cmd.h"
#include "sites.h"

struct rewritten {
	struct edited edited;
	struct rewrite_result result;
};

/* rewritten.c: one line, or a JSON object. */
void print_rewritten(const struct options *options, const char *file, const struct rewritten *r,
                     const struct error *e);
json_t *rewritten_json(const char *file, const struct rewritten *r, const struct error *e);
/* Of counts by tactic or reason, without the first so many. */
json_t *counts_json(const uint32_t *counts, const char *name(unsigned), unsigned first);

/* rewritten-totals.c: of trees. */
struct rewritten_totals {
	json_t *json; /* of the files, or NULL */
	uint64_t no_elf, other, damaged, nothing, already, rewritten, failed;
	struct rewrite_result result;
};
void count_rewritten(struct rewritten_totals *t, const struct rewritten *r, const struct error *e);
void print_rewritten_totals(const struct rewritten_totals *t, bool dry_run);
/* Takes the files with it. */
json_t *rewritten_totals_json(const struct rewritten_totals *t);

#endif
