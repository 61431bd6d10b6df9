// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch rewrite: section, runtime, and every system call that can be routed. */
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "rewritten.h"
#include "task.h"

struct context {
	const struct options *options;
	struct rewrite_result *result;
};

static int edit_rewrite(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e)
{
	const struct context *c = context;

	if (rewrite(o, c->options->size, c->options->require ? SYSLAYER_NOTE_REQUIRED : 0, false, c->result,
	            e))
		return -1;
	*changed = c->result->state == REWRITE_DONE;
	*warnings |= needs_linux_5_18(o) ? WARNING_LINUX_5_18 : 0;
	return 0;
}

static int work(const struct options *options, const char *file, void *context, void *result, struct error *e)
{
	struct rewritten *r = result;
	struct context c = {options, &r->result};

	(void)context;
	return edit_file(options, file, edit_rewrite, &c, &r->edited, e);
}

static int report(const struct options *options, const char *file, const void *result, const struct error *e,
                  void *context)
{
	struct rewritten_totals *t = context;
	const struct rewritten *r = result;
	bool foreign = in_trees(options) && r->edited.foreign;

	count_rewritten(t, r, e);
	if (in_trees(options) && !options->verbose && (foreign || (!e->status && !r->result.sites)))
		return STATUS_OK;
	progress_clear();
	if (t->json)
		json_array_append_new(t->json, rewritten_json(file, r, e));
	else
		print_rewritten(options, file, r, e);
	return foreign ? STATUS_OK : e->status;
}

static bool replaced(const void *result)
{
	return ((const struct rewritten *)result)->edited.state == EDIT_DONE;
}

int cmd_rewrite(const struct options *options, char **files, int count)
{
	struct rewritten_totals t = {.json = options->json ? json_array() : NULL};
	int status = each_file(options, files, count,
	                       &(struct task){sizeof(struct rewritten), work, report, replaced, &t});

	if (options->json)
		return print_json(in_trees(options) ? rewritten_totals_json(&t) : t.json, status);
	if (in_trees(options) && !options->quiet)
		print_rewritten_totals(&t, options->dry_run);
	return status;
}
