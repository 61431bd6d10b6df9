// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch unstamp: the image out of the section. */
#include "cmd.h"

static int edit_unstamp(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e)
{
	(void)context;
	(void)warnings;
	return unstamp(o, changed, e);
}

int cmd_unstamp(const struct options *options, char **files, int count)
{
	return edit_files(options, files, count, edit_unstamp, NULL, "unstamped");
}
