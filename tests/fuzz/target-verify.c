// SPDX-License-Identifier: BSD-2-Clause
/* verify and the editing verbs on files that syslayer made, and that something has changed. */
#include <stdlib.h>
#include "changes.h"

void target_begin(void)
{
	changes_begin();
}

/* The editing verbs on the same file; where it was well before, it is so after. */
static void edit(const unsigned char *file, uint64_t size, bool well, bool take_out)
{
	struct object o = {0};
	struct error e = {0};
	struct image im;
	bool changed = false;
	int result;

	if (image_open(&im, NULL, &e))
		broken("native: %s", e.text);
	if (!object_open_fd(&o, file_put(1, file, size), &e)) {
		result = take_out ? unstamp(&o, &changed, &e)
		                  : stamp(&o, &im, SYSLAYER_SIZE_DEFAULT, &changed, &e);
		if (result) {
			must_say_why(&e, "edit");
		} else {
			file_save(2, &o);
			if (well)
				must_be_well(2, take_out ? "unstamp" : "stamp");
		}
	}
	object_close(&o);
	image_close(&im);
}

void target(const unsigned char *bytes, size_t size)
{
	const struct base *b;
	struct object o = {0};
	struct error e = {0};
	uint64_t length;
	unsigned char *file = changed_file(bytes, size, &b, &length);
	bool has, well;

	if (!file)
		return;
	well = !object_open_fd(&o, file_put(0, file, length), &e) && !verify(&o, &has, &e);
	if (!well && (e.status < STATUS_NEGATIVE || e.status > STATUS_UNSUPPORTED || !*e.text))
		broken("verify: status %d, \"%s\"", e.status, e.text);
	object_close(&o);
	/* Who forges the record can have unstamp make anything. */
	edit(file, length, well && !(bytes[1] & CHANGES_RECORD), true);
	edit(file, length, well && !(bytes[1] & CHANGES_RECORD), false);
	free(file);
}
