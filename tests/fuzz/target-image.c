// SPDX-License-Identifier: BSD-2-Clause
/* Stub images: what the rule of <syslayer/image.h> lets pass can be stamped, and is well then. */
#include <stdio.h>
#include <string.h>
#include <syslayer/image.h>
#include "fuzz.h"

void target_begin(void)
{
	bases_read();
}

/* The rule by itself, as the kernel and the runtime ask it: of a note that the input's end describes. */
static void ask_rule(const unsigned char *bytes, size_t size)
{
	unsigned char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8)));
	struct syslayer_note note = {
	    .machine = EM_X86_64, .size = SYSLAYER_SIZE_DEFAULT, .abi = SYSLAYER_ABI_LINUX_X86_64};
	const struct syslayer_image_header *h;

	if (size < sizeof head + 8)
		return;
	memcpy(head, bytes, sizeof head);
	memcpy(&note.slot_count, bytes + size - 8, 4);
	memcpy(&note.abi_version, bytes + size - 4, 4);
	h = syslayer_image_header(head);
	note.slot_size = h->slot_size;
	if (syslayer_image_check(head, size, &note))
		return;
	if (h->size > size || (uint64_t)h->size + h->state > note.size || h->slot_count < note.slot_count ||
	    (uint64_t)h->slot_count * h->slot_size > h->size || h->init >= h->size)
		broken("the rule lets pass what does not fit");
}

void target(const unsigned char *bytes, size_t size)
{
	struct object o = {0};
	struct error e = {0};
	const struct base *b;
	struct image im;
	char path[64];
	bool changed;

	ask_rule(bytes, size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file_put(0, bytes, size));
	if (image_open(&im, path, &e)) {
		must_say_why(&e, "image");
		goto out;
	}
	b = bases + size % base_count;
	if (object_open_fd(&o, file_put(1, b->bytes, b->size), &e))
		broken("base: %s", e.text);
	if (stamp(&o, &im, SYSLAYER_SIZE_DEFAULT, &changed, &e)) {
		must_say_why(&e, "stamp");
	} else {
		file_save(2, &o);
		must_be_well(2, "stamp");
	}
	object_close(&o);
out:
	image_close(&im);
}
