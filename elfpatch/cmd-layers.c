// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch layers: the stub images that there are by name. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"

#define SUFFIX ".img"

static int is_image(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > strlen(SUFFIX) && !strcmp(d->d_name + n - strlen(SUFFIX), SUFFIX);
}

/* path: NULL is the built-in one. */
static int list(const struct options *options, const char *path, json_t *all)
{
	struct error e = {0};
	struct image im;
	int status = STATUS_OK;

	if (image_open(&im, path, &e)) {
		status = complain(path, &e);
	} else if (options->json) {
		json_array_append_new(
		    all, json_pack("{s:s%, s:s%, s:I, s:I, s:i, s:b, s:s?}", "name", im.names.layer,
		                   strnlen(im.names.layer, sizeof im.names.layer), "abi", im.names.abi,
		                   strnlen(im.names.abi, sizeof im.names.abi), "size",
		                   (json_int_t)im.header.size, "state", (json_int_t)im.header.state, "slots",
		                   (int)im.header.slot_count, "hook", im.header.init != 0, "path", path));
	} else {
		printf("%-15.16s %-13.32s %8u %8u  %s\n", im.names.layer, im.names.abi, im.header.size,
		       im.header.state, path ? path : "(built in)");
	}
	image_close(&im);
	return status;
}

int cmd_layers(const struct options *options, char **files, int count)
{
	struct dirent **entry = NULL;
	json_t *all = json_array();
	int n = scandir(options->layer_dir, &entry, is_image, alphasort);
	int status = STATUS_OK;

	(void)files;
	(void)count;
	/* That nothing is installed is no error: the built-in layer is there. */
	if (n < 0 && errno != ENOENT) {
		struct error e;

		fail_errno(&e, "cannot be read");
		status = complain(options->layer_dir, &e);
	}
	if (!options->json && !options->quiet)
		printf("%-15s %-13s %8s %8s  %s\n", "LAYER", "ABI", "SIZE", "STATE", "PATH");
	status = worse(status, list(options, NULL, all));
	for (int i = 0; i < n; i++) {
		size_t size = strlen(options->layer_dir) + strlen(entry[i]->d_name) + 2;
		char *path = malloc(size);

		if (path) {
			snprintf(path, size, "%s/%s", options->layer_dir, entry[i]->d_name);
			status = worse(status, list(options, path, all));
		}
		free(path);
		free(entry[i]);
	}
	free(entry);
	if (options->json)
		return print_json(all, status);
	json_decref(all);
	return status;
}
