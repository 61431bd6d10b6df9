// SPDX-License-Identifier: BSD-2-Clause
/* Where a layer's image is. */
#include <stdio.h>
#include <string.h>
#include "cmd.h"

const char *layer_path(const struct options *options, const char *layer, char *buffer, size_t size)
{
	if (!strcmp(layer, IMAGE_NATIVE))
		return NULL;
	if (strchr(layer, '/'))
		return layer;
	snprintf(buffer, size, "%s/%s.img", options->layer_dir, layer);
	return buffer;
}
