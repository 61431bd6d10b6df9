// SPDX-License-Identifier: BSD-2-Clause
/* restore of files that something has changed: it gives back the original, to the byte, or what that loads,
 * or says why not. */
#include <stdlib.h>
#include <string.h>
#include "changes.h"
#include "undo.h"

void target_begin(void)
{
	changes_begin();
}

/* All that the original loads is in the file, at the same place. */
static void must_be_loaded(unsigned number, const struct base *b)
{
	struct object o = {0}, was = {0};
	struct error e = {0};

	if (object_open_fd(&o, file_of(number), &e) || object_open_fd(&was, file_of(2), &e))
		broken("restore: cannot be read: %s", e.text);
	if (o.phnum != was.phnum || memcmp(o.ph, was.ph, o.phnum * sizeof *o.ph) != 0)
		broken("restore: other program headers");
	for (size_t i = 0; i < was.loads; i++) {
		uint64_t from = was.load[i].offset > sizeof o.eh ? was.load[i].offset : sizeof o.eh;
		uint64_t to = was.load[i].offset + was.load[i].size;

		if (to > o.size || (from < to && memcmp(o.data + from, b->original + from, to - from) != 0))
			broken("restore: segment at 0x%llx", (unsigned long long)was.load[i].address);
	}
	object_close(&o);
	object_close(&was);
}

void target(const unsigned char *bytes, size_t size)
{
	const struct base *b;
	struct object o = {0};
	struct error e = {0};
	bool exact;
	uint64_t length;
	unsigned char *file = changed_file(bytes, size, &b, &length);

	if (!file)
		return;
	if (object_open_fd(&o, file_put(0, file, length), &e) || restore(&o, &exact, &e)) {
		if ((e.status < STATUS_NEGATIVE || e.status > STATUS_UNSUPPORTED || !*e.text))
			broken("restore: status %d, \"%s\"", e.status, e.text);
	} else {
		file_save(1, &o);
		file_put(2, b->original, b->original_size);
		if (exact && !file_same(1, 2))
			broken("restore: it is not the original");
		if (!exact)
			must_be_loaded(1, b);
	}
	object_close(&o);
	free(file);
}
