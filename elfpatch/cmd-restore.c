// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch restore: the file as it was before it was rewritten. */
#include "cmd.h"
#include "undo.h"

static int edit_restore(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e)
{
	bool exact;

	(void)context;
	if (restore(o, &exact, e))
		return -1;
	*changed = true;
	*warnings |= exact ? 0 : WARNING_PARTLY_RESTORED;
	return 0;
}

int cmd_restore(const struct options *options, char **files, int count)
{
	return edit_files(options, files, count, edit_restore, NULL, "restored");
}
