// SPDX-License-Identifier: BSD-2-Clause
/* Applies what has been edited: to a file, or in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslayer/abi.h>
#include <unistd.h>
#include "object.h"

static uint64_t moved_to(const struct object *o)
{
	return o->tail_offset + o->moved.at;
}

/* What lies between the place of what was moved and the tail: zeros. */
static uint64_t left_behind(const struct object *o)
{
	uint64_t gap = o->tail_offset - o->moved.from;

	return gap < o->moved.length ? gap : o->moved.length;
}

static int write_all(int fd, const unsigned char *p, uint64_t length, uint64_t offset)
{
	while (length) {
		ssize_t n = pwrite(fd, p, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = EIO;
			return -1;
		}
		p += n;
		offset += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

static int clear(int fd, uint64_t offset, uint64_t length)
{
	static const unsigned char zeros[SYSLAYER_PAGE];

	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length))
		return 0;
	for (uint64_t n; length; offset += n, length -= n) {
		n = length < sizeof zeros ? length : sizeof zeros;
		if (write_all(fd, zeros, n, offset))
			return -1;
	}
	return 0;
}

/*
 * From the end on, by pieces that do not overlap their new places: where fd is the file that is
 * mapped, what has been written is what is read.
 */
static int write_moved(const struct object *o, int fd)
{
	uint64_t to = moved_to(o), distance = to - o->moved.from;

	for (uint64_t left = o->moved.length; left;) {
		uint64_t piece = left < distance ? left : distance;

		left -= piece;
		if (write_all(fd, o->data + o->moved.from + left, piece, to + left))
			return -1;
	}
	return clear(fd, o->moved.from, left_behind(o));
}

static int write_tail(const struct object *o, int fd)
{
	uint64_t first = o->moved.length ? o->moved.at : o->tail_size;

	if (!o->tail_size)
		return ftruncate(fd, (off_t)object_end(o));
	return write_all(fd, o->tail, first, o->tail_offset) ||
	               write_all(fd, o->tail + first, o->tail_size - first,
	                         o->tail_offset + first + o->moved.length)
	           ? -1
	           : ftruncate(fd, (off_t)object_end(o));
}

int object_write(const struct object *o, int fd)
{
	for (size_t i = 0; i < o->patches; i++) {
		const struct patch *p = o->patch + i;

		if (p->clear ? clear(fd, p->offset, p->length)
		             : write_all(fd, o->data + p->offset, p->length, p->offset))
			return -1;
	}
	if (o->tail_offset == NO_OFFSET)
		return ftruncate(fd, (off_t)o->size);
	return (o->moved.length && write_moved(o, fd)) || write_tail(o, fd) ? -1 : 0;
}

static uint64_t page_end(uint64_t offset)
{
	return (offset + SYSLAYER_PAGE - 1) & ~(uint64_t)(SYSLAYER_PAGE - 1);
}

static void cut_off(struct object *o, uint64_t size)
{
	munmap(o->data + page_end(size), page_end(o->size) - page_end(size));
}

/* The mapping of the file, with room for the tail behind it. */
static int enlarge(struct object *o, uint64_t size)
{
	unsigned char *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return -1;
	if (mremap(o->data, o->size, o->size, MREMAP_MAYMOVE | MREMAP_FIXED, data) == MAP_FAILED) {
		munmap(data, size);
		return -1;
	}
	o->data = data;
	size = size < page_end(o->size) ? size : page_end(o->size);
	memset(data + o->size, 0, size - o->size);
	return 0;
}

int object_settle(struct object *o, struct error *e)
{
	uint64_t size = o->tail_offset == NO_OFFSET ? o->size : object_end(o);
	uint64_t tail_offset = o->tail_offset, first = o->moved.length ? o->moved.at : o->tail_size;
	uint64_t cleared = o->moved.length ? left_behind(o) : 0;
	size_t kept = 0;

	if (size > o->size && enlarge(o, size))
		return fail_errno(e, "edits");
	if (o->moved.length) {
		memmove(o->data + moved_to(o), o->data + o->moved.from, o->moved.length);
		memset(o->data + o->moved.from, 0, cleared);
	}
	if (o->tail_size) {
		memcpy(o->data + tail_offset, o->tail, first);
		memcpy(o->data + tail_offset + first + o->moved.length, o->tail + first,
		       o->tail_size - first);
	}
	if (size < o->size)
		cut_off(o, size);
	o->size = size;
	/* It has a bit for each page, and all that differs is among the patches. */
	free(o->edited);
	o->edited = NULL;
	/* What was cut off need not be written; what was tail is an edit like others now. */
	for (size_t i = 0; i < o->patches; i++)
		if (in_bounds(o->patch[i].offset, o->patch[i].length, size))
			o->patch[kept++] = o->patch[i];
	o->patches = kept;
	for (size_t i = 0; i < kept; i++)
		if (object_note_edit(o, o->patch[i].offset, o->patch[i].length))
			return fail_errno(e, "edits");
	o->tail_offset = NO_OFFSET;
	o->tail_size = o->moved.length = 0;
	if ((size > tail_offset && object_patch(o, tail_offset, o->data + tail_offset, size - tail_offset)) ||
	    (cleared && object_clear(o, o->moved.from, cleared)))
		return fail_errno(e, "edits");
	free(o->ph);
	free(o->sh);
	free(o->load);
	o->ph = NULL;
	o->sh = NULL;
	o->load = NULL;
	o->phnum = o->shnum = o->shstrndx = o->loads = 0;
	return object_read_headers(o, e);
}
