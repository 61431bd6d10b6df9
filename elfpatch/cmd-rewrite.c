// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch rewrite: section, runtime, and every system call that can be routed. */
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "rewritten.h"

struct context {
	const struct options *options;
	struct rewrite_result *result;
};

static int edit_rewrite(struct object *o, void *context, bool *changed, struct error *e)
{
	const struct context *c = context;

	if (rewrite(o, c->options->size, c->options->require ? SYSLAYER_NOTE_REQUIRED : 0, false, c->result,
	            e))
		return -1;
	*changed = c->result->state == REWRITE_DONE;
	return 0;
}

int cmd_rewrite(const struct options *options, char **files, int count)
{
	json_t *all = json_array();
	int status = STATUS_OK;

	for (int i = 0; i < count; i++) {
		struct rewritten r = {0};
		struct context c = {options, &r.result};

		status = worse(status, edit_file(options, files[i], edit_rewrite, &c, &r.edited));
		if (options->json)
			json_array_append_new(all, rewritten_json(files[i], &r));
		else
			print_rewritten(options, files[i], &r);
	}
	if (options->json)
		return print_json(all, status);
	json_decref(all);
	return status;
}
