// SPDX-License-Identifier: BSD-2-Clause
/* Messages of errors. */
#include <inttypes.h>
#include <stdio.h>
#include "task.h"

int complain(const char *file, const struct error *e)
{
	progress_clear();
	fflush(stdout);
	fprintf(stderr, "elfpatch: %s: ", file);
	if (e->field)
		fprintf(stderr, "%s", e->field);
	if (e->field && e->offset != NO_OFFSET)
		fprintf(stderr, " at 0x%" PRIx64, e->offset);
	fprintf(stderr, "%s%s\n", e->field ? ": " : "", e->text);
	return e->status;
}
