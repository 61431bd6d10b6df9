// SPDX-License-Identifier: BSD-2-Clause
/* There and back: what stamp does, unstamp undoes, and stamp does again, all to the byte. */
#include <string.h>
#include "fuzz.h"

static struct image native, other;

void target_begin(void)
{
	struct error e = {0};

	if (image_open(&native, NULL, &e) || image_open(&other, NULL, &e))
		broken("native: %s", e.text);
	/* Another image: one that has state, and no name in common. */
	struct syslayer_image_header *h = (void *)(other.data + SYSLAYER_IMAGE_HEADER);

	h->state = 2 * SYSLAYER_PAGE;
	strcpy((char *)other.data + SYSLAYER_IMAGE_NAMES, "other");
	memcpy(&other.header, h, sizeof other.header);
}

enum edit { RESERVE, STAMP, OTHER, UNSTAMP };
static const char *const names[] = {"reserve", "stamp", "stamp with another image", "unstamp"};

/* One file from another; false: the engine will not. */
static bool edit(unsigned from, unsigned to, enum edit how, bool well)
{
	struct object o = {0};
	struct error e = {0};
	bool changed = false;
	int result = object_open_fd(&o, file_of(from), &e);

	if (!result) {
		if (how == RESERVE)
			result = reserve(&o, SYSLAYER_SIZE_DEFAULT, 0, &changed, &e);
		else if (how == UNSTAMP)
			result = unstamp(&o, &changed, &e);
		else
			result =
			    stamp(&o, how == STAMP ? &native : &other, SYSLAYER_SIZE_DEFAULT, &changed, &e);
	}
	if (result)
		must_say_why(&e, names[how]);
	else
		file_save(to, &o);
	object_close(&o);
	if (!result && well)
		must_be_well(to, names[how]);
	return !result;
}

/* Whether the file is one that the promises hold for: without a section, or with one as it must be. */
static bool is_well(const unsigned char *bytes, size_t size, bool *has)
{
	struct object o = {0};
	struct error e = {0};
	bool well;

	*has = false;
	well = !object_open_fd(&o, file_put(0, bytes, size), &e) && (!verify(&o, has, &e) || !*has);
	object_close(&o);
	return well;
}

void target(const unsigned char *bytes, size_t size)
{
	bool has, well = is_well(bytes, size, &has);

	/* 0: without an image. */
	if (!edit(0, 0, has ? UNSTAMP : RESERVE, well) || !edit(0, 1, STAMP, well) ||
	    !edit(1, 2, UNSTAMP, well))
		return;
	if (well && !file_same(0, 2))
		broken("unstamp does not give back what was stamped");
	if (!edit(2, 3, STAMP, well))
		return;
	if (well && !file_same(1, 3))
		broken("stamp, unstamp, stamp: not the same");
	if (!edit(1, 3, OTHER, well) || !edit(3, 2, STAMP, well))
		return;
	if (well && !file_same(1, 2))
		broken("stamped with another image and back: not the same");
}
