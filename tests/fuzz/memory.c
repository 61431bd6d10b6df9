// SPDX-License-Identifier: BSD-2-Clause
/* What the engine takes for mmap and munmap. */
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	unsigned char *p = flags & MAP_ANONYMOUS ? calloc(1, length) : malloc(length);

	(void)address;
	(void)protection;
	if (!p)
		return MAP_FAILED;
	if (!(flags & MAP_ANONYMOUS) && pread(fd, p, length, offset) != (ssize_t)length) {
		free(p);
		return MAP_FAILED;
	}
	return p;
}

int munmap(void *address, size_t length)
{
	(void)length;
	free(address);
	return 0;
}
