// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch reserve: an empty section, nothing else. */
#include "cmd.h"

static int edit_reserve(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e)
{
	const struct options *options = context;

	(void)warnings;
	return reserve(o, options->size ? options->size : SYSLAYER_SIZE_DEFAULT,
	               options->require ? SYSLAYER_NOTE_REQUIRED : 0, changed, e);
}

int cmd_reserve(const struct options *options, char **files, int count)
{
	return edit_files(options, files, count, edit_reserve, (void *)(uintptr_t)options, "reserved");
}
