// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch verify: whether what syslayer added to files is as it must be. */
#include <stdio.h>
#include <string.h>
#include "task.h"
#include "verify.h"

struct verified {
	bool has;
	unsigned warnings;
};

static int work(const struct options *options, const char *file, void *context, void *result, struct error *e)
{
	struct object o = {0};
	struct verified *v = result;
	int status;

	(void)options;
	(void)context;
	status = object_open(&o, file, e) || verify(&o, &v->has, e) ? e->status : STATUS_OK;
	v->warnings = status == STATUS_OK && needs_linux_5_18(&o) ? WARNING_LINUX_5_18 : 0;
	object_close(&o);
	e->status = status;
	return status;
}

static int report(const struct options *options, const char *file, const void *result, const struct error *e,
                  void *context)
{
	const struct verified *v = result;
	json_t *all = context;

	/* Most files in a directory are none of ours. */
	if (in_trees(options) && e->status && !v->has && e->field)
		return STATUS_OK;
	progress_clear();
	if (options->json) {
		json_t *entry = json_pack("{s:o, s:b, s:i}", "file", json_text(file), "ok",
		                          e->status == STATUS_OK, "status", e->status);

		if (entry && e->status) {
			json_object_set_new(entry, "field", e->field ? json_string(e->field) : json_null());
			json_object_set_new(entry, "offset",
			                    e->offset != NO_OFFSET ? json_integer((json_int_t)e->offset)
			                                           : json_null());
			json_object_set_new(entry, "text", json_string(e->text));
		}
		if (entry)
			json_object_set_new(entry, "warnings", warnings_json(v->warnings));
		json_array_append_new(all, entry);
	} else if (e->status) {
		complain(file, e);
	} else if (!options->quiet) {
		printf("%s: ok\n", file);
		print_warnings(file, v->warnings);
	}
	return e->status;
}

int cmd_verify(const struct options *options, char **files, int count)
{
	json_t *all = json_array();
	int status = each_file(options, files, count,
	                       &(struct task){sizeof(struct verified), work, report, NULL, all});

	if (options->json)
		return print_json(all, status);
	json_decref(all);
	return status;
}
