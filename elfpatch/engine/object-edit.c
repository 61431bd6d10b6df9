// SPDX-License-Identifier: BSD-2-Clause
/* Collects edits: patched ranges, and a tail. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "object.h"

int object_patch(struct object *o, uint64_t offset, const void *bytes, uint64_t length)
{
	if (!in_bounds(offset, length, o->size)) {
		errno = EINVAL;
		return -1;
	}
	if (o->patches == o->patch_room) {
		size_t room = o->patch_room ? 2 * o->patch_room : 64;
		struct patch *grown = realloc(o->patch, room * sizeof *grown);

		if (!grown)
			return -1;
		o->patch = grown;
		o->patch_room = room;
	}
	if (object_note_edit(o, offset, length))
		return -1;
	o->patch[o->patches++] = (struct patch){offset, length, false};
	memmove(o->data + offset, bytes, length);
	return 0;
}

int object_clear(struct object *o, uint64_t offset, uint64_t length)
{
	if (object_patch(o, offset, o->data + offset, length))
		return -1;
	o->patch[o->patches - 1].clear = true;
	memset(o->data + offset, 0, length);
	return 0;
}

void object_tail(struct object *o, uint64_t offset)
{
	o->tail_offset = offset;
	o->tail_size = 0;
}

int object_append(struct object *o, const void *bytes, uint64_t length)
{
	if (!length)
		return 0;
	if (o->tail_size + length > o->tail_room) {
		uint64_t room = 2 * (o->tail_size + length) + 16384;
		unsigned char *grown = realloc(o->tail, room);

		if (!grown)
			return -1;
		o->tail = grown;
		o->tail_room = room;
	}
	if (bytes)
		memcpy(o->tail + o->tail_size, bytes, length);
	else
		memset(o->tail + o->tail_size, 0, length);
	o->tail_size += length;
	return 0;
}

int object_append_copy(struct object *o, uint64_t offset, uint64_t length)
{
	/* The tail may move when it grows. */
	unsigned char *copy = malloc(length + !length);
	int result;

	if (!copy)
		return -1;
	memcpy(copy, object_bytes(o, offset), length);
	result = object_append(o, copy, length);
	free(copy);
	return result;
}

int object_append_align(struct object *o, uint64_t alignment)
{
	return object_append(o, NULL, -object_end(o) & (alignment - 1));
}

void object_append_moved(struct object *o, uint64_t from)
{
	o->moved.from = from;
	o->moved.length = o->size - from;
	o->moved.at = o->tail_size;
}
