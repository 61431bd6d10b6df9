/* SPDX-License-Identifier: BSD-2-Clause */
/* What inspect gathers of a file before it prints. */
#ifndef INSPECT_H
#define INSPECT_H

#include <jansson.h>
#include "stamp.h"

#define REASONS 256 /* a byte in the file */

struct facts {
	const char *kind;
	struct added a;
	struct section_phdrs s;
	bool named; /* names are those of the image in the section */
	struct syslayer_image_names names;
	uint64_t image_size;
	unsigned sites, left, reasons[REASONS]; /* of those left */
};

/* inspect-sites.c */
int count_sites(struct facts *f, struct error *e);
void print_sites(const struct facts *f);
json_t *sites_json(const struct facts *f);
const char *reason_name(unsigned reason);
const char *tactic_name(unsigned tactic);

#endif
