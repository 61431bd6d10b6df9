// SPDX-License-Identifier: BSD-2-Clause
/* restore of files that something has changed: it gives back the original, to the byte, or says why not. */
#include <stdlib.h>
#include "changes.h"
#include "undo.h"

void target_begin(void)
{
	changes_begin();
}

void target(const unsigned char *bytes, size_t size)
{
	const struct base *b;
	struct object o = {0};
	struct error e = {0};
	bool changed = false;
	uint64_t length;
	unsigned char *file = changed_file(bytes, size, &b, &length);

	if (!file)
		return;
	if (object_open_fd(&o, file_put(0, file, length), &e) || restore(&o, &changed, &e)) {
		if ((e.status < STATUS_NEGATIVE || e.status > STATUS_UNSUPPORTED || !*e.text))
			broken("restore: status %d, \"%s\"", e.status, e.text);
	} else {
		file_save(1, &o);
		file_put(2, b->original, b->original_size);
		if (!file_same(1, 2))
			broken("restore: it is not the original");
	}
	object_close(&o);
	free(file);
}
