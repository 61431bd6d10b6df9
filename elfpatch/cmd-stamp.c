// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch stamp: an image's bytes into the section. */
#include <limits.h>
#include "cmd.h"

static int edit_stamp(struct object *o, void *context, bool *changed, unsigned *warnings, struct error *e)
{
	(void)warnings;
	return stamp(o, context, SYSLAYER_SIZE_DEFAULT, changed, e);
}

int cmd_stamp(const struct options *options, char **files, int count)
{
	char buffer[PATH_MAX];
	const char *path = layer_path(options, options->image, buffer, sizeof buffer);
	struct error e = {0};
	struct image im;
	int status;

	if (image_open(&im, path, &e))
		status = complain(path, &e);
	else
		status = edit_files(options, files, count, edit_stamp, &im, "stamped");
	image_close(&im);
	return status;
}
