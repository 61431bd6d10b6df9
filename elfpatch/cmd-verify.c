// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch verify: whether what syslayer added to files is as it must be. */
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "verify.h"

/* walked: the file was found in a directory, where most are none of ours. */
static int verify_file(const struct options *options, const char *file, bool walked, json_t *all)
{
	struct object o = {0};
	struct error e = {0};
	bool has = false;
	int status;

	status = object_open(&o, file, &e) || verify(&o, &has, &e) ? e.status : STATUS_OK;
	object_close(&o);
	if (walked && status && !has)
		return STATUS_OK;
	if (options->json) {
		json_t *entry =
		    json_pack("{s:s, s:b, s:i}", "file", file, "ok", status == STATUS_OK, "status", status);

		if (entry && status) {
			json_object_set_new(entry, "field", e.field ? json_string(e.field) : json_null());
			json_object_set_new(entry, "offset",
			                    e.offset != NO_OFFSET ? json_integer((json_int_t)e.offset)
			                                          : json_null());
			json_object_set_new(entry, "text", json_string(e.text));
		}
		json_array_append_new(all, entry);
	} else if (status) {
		complain(file, &e);
	} else if (!options->quiet) {
		printf("%s: ok\n", file);
	}
	return status;
}

static int verify_tree(const struct options *options, char *path, json_t *all)
{
	char *paths[] = {path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL);
	int status = STATUS_OK;
	struct error e;
	FTSENT *f;

	while (fts && (f = fts_read(fts))) {
		if (f->fts_info == FTS_F) {
			status = worse(status, verify_file(options, f->fts_path, f->fts_level > 0, all));
		} else if (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || f->fts_info == FTS_NS) {
			fail(&e, STATUS_TROUBLE, NULL, NO_OFFSET, "%s", strerror(f->fts_errno));
			status = worse(status, complain(f->fts_path, &e));
		}
	}
	if (fts)
		fts_close(fts);
	return status;
}

int cmd_verify(const struct options *options, char **files, int count)
{
	json_t *all = json_array();
	int status = STATUS_OK;

	for (int i = 0; i < count; i++)
		status = worse(status, options->recursive ? verify_tree(options, files[i], all)
		                                          : verify_file(options, files[i], false, all));
	if (options->json)
		return print_json(all, status);
	json_decref(all);
	return status;
}
