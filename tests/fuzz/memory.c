// SPDX-License-Identifier: BSD-2-Clause
/* What the engine takes for mmap, mremap and munmap. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

/* Where mappings begin: the engine unmaps the end of one, which the heap cannot. */
#define MAPPINGS 64
static void *mapping[MAPPINGS];

static void **find(const void *address)
{
	for (unsigned i = 0; i < MAPPINGS; i++)
		if (mapping[i] == address)
			return mapping + i;
	return NULL;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	unsigned char *p = flags & MAP_ANONYMOUS ? calloc(1, length) : malloc(length);
	void **place = find(NULL);

	(void)address;
	(void)protection;
	if (!p || !place)
		goto failed;
	if (!(flags & MAP_ANONYMOUS) && pread(fd, p, length, offset) != (ssize_t)length)
		goto failed;
	*place = p;
	return p;
failed:
	free(p);
	return MAP_FAILED;
}

int munmap(void *address, size_t length)
{
	void **place = address ? find(address) : NULL;

	(void)length;
	if (place) {
		free(address);
		*place = NULL;
	}
	return 0;
}

/* Only what the engine does: to a place that is mapped. */
void *mremap(void *old, size_t old_length, size_t length, int flags, ...)
{
	va_list ap;
	void *to;

	va_start(ap, flags);
	to = va_arg(ap, void *);
	va_end(ap);
	memcpy(to, old, old_length < length ? old_length : length);
	munmap(old, old_length);
	return to;
}
