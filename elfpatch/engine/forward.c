// SPDX-License-Identifier: BSD-2-Clause
/* The stubs that go on to the primary section: an image that the engine brings, put in as a stamp is. */
#include <inttypes.h>
#include <string.h>
#include "blobs.h"
#include "stamp.h"

static uint64_t forward_size(void)
{
	return (uint64_t)(blob_forward_end - blob_forward);
}

bool is_forward(const struct added *a, const struct section_phdrs *s)
{
	const Elf64_Phdr *image = a->o->ph + s->image;

	return s->stamped && image->p_filesz == forward_size() &&
	       in_bounds(image->p_offset, forward_size(), a->o->size) &&
	       !memcmp(a->o->data + image->p_offset, blob_forward, forward_size());
}

bool forward_fits(uint64_t section_size)
{
	return section_size > forward_size();
}

int stamp_forward(struct object *o, struct error *e)
{
	struct image im = {
	    .data = (unsigned char *)(uintptr_t)blob_forward,
	    .size = forward_size(),
	    .file_size = forward_size(),
	};
	struct section_phdrs s;
	struct added a;

	if (object_settle(o, e) || added_find_again(o, &a, e))
		return -1;
	if (!forward_fits(a.section_size))
		return fail(e, STATUS_UNSUPPORTED, "note size", NO_OFFSET,
		            "the section is too small for the stubs, which need more than %" PRIu64 " bytes",
		            im.size);
	return find_section_phdrs(&s, &a, e) || put_image(&a, &s, &im, e) ? -1 : 0;
}
