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
void print_rewritten(const struct options *options, const char *file, const struct rewritten *r);
json_t *rewritten_json(const char *file, const struct rewritten *r);

#endif
