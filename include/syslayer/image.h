/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule that says whether a stub image fits a section. Runtime, elfpatch and kernel
 * module share it, so that what one accepts no other refuses.
 */
#ifndef SYSLAYER_IMAGE_H
#define SYSLAYER_IMAGE_H

#include <syslayer/abi.h>

/* How much of an image's beginning syslayer_image_check() looks at, bytes. */
#define SYSLAYER_IMAGE_HEAD (2 * SYSLAYER_SLOT_SIZE)

static inline int syslayer_same(const char *a, const char *b, unsigned len)
{
	while (len--)
		if (a[len] != b[len])
			return 0;
	return 1;
}

/* Whether the SYSLAYER_IMAGE_HEAD bytes at p begin an image: what recognises a mapped section. */
static inline int syslayer_image_magic(const char *p)
{
	return syslayer_same(p + SYSLAYER_IMAGE_HEADER, SYSLAYER_IMAGE_MAGIC, SYSLAYER_IMAGE_MAGIC_LEN);
}

static inline const struct syslayer_image_header *syslayer_image_header(const void *p)
{
	return (const struct syslayer_image_header *)(const void *)((const char *)p + SYSLAYER_IMAGE_HEADER);
}

static inline const struct syslayer_image_names *syslayer_image_names(const void *p)
{
	return (const struct syslayer_image_names *)(const void *)((const char *)p + SYSLAYER_IMAGE_NAMES);
}

/*
 * head: the first SYSLAYER_IMAGE_HEAD bytes of the image, 8-byte aligned; file_size: bytes
 * in its file; note: of the program. Returns 0, or what is wrong, in a few words.
 */
static inline const char *syslayer_image_check(const void *head, uint64_t file_size,
                                               const struct syslayer_note *note)
{
	const struct syslayer_image_header *h = syslayer_image_header(head);
	const struct syslayer_image_names *n = syslayer_image_names(head);

	if (!syslayer_image_magic((const char *)head))
		return "not a stub image (wrong magic)";
	if (h->version != SYSLAYER_IMAGE_VERSION)
		return "its image version is not supported";
	if (h->machine != note->machine)
		return "it is for another machine";
	if (n->layer[SYSLAYER_LAYER_NAME_LEN - 1] || n->abi[SYSLAYER_ABI_NAME_LEN - 1])
		return "its names are not terminated";
	if (!syslayer_same(n->abi, note->abi, SYSLAYER_ABI_NAME_LEN))
		return "it is for another ABI";
	if (h->abi_version < note->abi_version)
		return "the program requires a newer revision of the ABI";
	if (h->slot_size != note->slot_size || h->slot_count < note->slot_count)
		return "its slots do not fit the program's";
	if (h->flags & ~SYSLAYER_IMAGE_ALL || h->reserved)
		return "it has flags that are not known";
	if (h->size % SYSLAYER_PAGE || h->state % SYSLAYER_PAGE ||
	    h->size < (uint64_t)h->slot_count * h->slot_size)
		return "its size is wrong";
	if (h->init >= h->size)
		return "its start hook lies outside";
	if (h->ask >= h->size)
		return "its ask entry lies outside";
	if (h->size > file_size)
		return "it is truncated";
	if ((uint64_t)h->size + h->state > note->size)
		return "it is larger than the section";
	return 0;
}

#endif
