// SPDX-License-Identifier: BSD-2-Clause
/* Reads a stub image from a file, or takes the native one, which is built in. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <syslayer/image.h>
#include "blobs.h"
#include "stamp.h"

static int read_all(int fd, unsigned char *p, uint64_t length)
{
	while (length) {
		ssize_t n = read(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = EIO;
			return -1;
		}
		p += n;
		length -= (uint64_t)n;
	}
	return 0;
}

static int read_file(struct image *im, int fd, struct error *e)
{
	unsigned char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8)));
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st))
		return fail_errno(e, "cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "not a regular file");
	im->file_size = (uint64_t)st.st_size;
	if (im->file_size < sizeof head)
		return fail(e, STATUS_TROUBLE, "image header", 0, "not a stub image (%" PRIu64 " bytes)",
		            im->file_size);
	if (read_all(fd, head, sizeof head))
		return fail_errno(e, "cannot be read");
	if (!syslayer_image_magic((const char *)head))
		return fail(e, STATUS_TROUBLE, "image header", SYSLAYER_IMAGE_HEADER,
		            "not a stub image (wrong magic)");
	size = syslayer_image_header(head)->size;
	if (size < sizeof head || size > im->file_size)
		return fail(e, STATUS_TROUBLE, "image size",
		            SYSLAYER_IMAGE_HEADER + offsetof(struct syslayer_image_header, size),
		            "%" PRIu64 " bytes, and the file has %" PRIu64, size, im->file_size);
	im->size = size;
	im->data = malloc(size);
	if (!im->data)
		return fail_errno(e, "image");
	memcpy(im->data, head, sizeof head);
	return read_all(fd, im->data + sizeof head, size - sizeof head) ? fail_errno(e, "cannot be read") : 0;
}

static int make_native(struct image *im, struct error *e)
{
	im->size = im->file_size = (uint64_t)(blob_native_end - blob_native);
	im->data = malloc(im->size);
	if (!im->data)
		return fail_errno(e, "image");
	memcpy(im->data, blob_native, im->size);
	return 0;
}

int image_open(struct image *im, const char *path, struct error *e)
{
	int result;

	*im = (struct image){0};
	if (path) {
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (fd < 0)
			return fail_errno(e, "cannot be opened");
		result = read_file(im, fd, e);
		close(fd);
	} else {
		result = make_native(im, e);
	}
	if (result)
		return -1;
	memcpy(&im->header, im->data + SYSLAYER_IMAGE_HEADER, sizeof im->header);
	memcpy(&im->names, im->data + SYSLAYER_IMAGE_NAMES, sizeof im->names);
	im->names.layer[sizeof im->names.layer - 1] = 0;
	im->names.abi[sizeof im->names.abi - 1] = 0;
	return 0;
}

void image_close(struct image *im)
{
	free(im->data);
	*im = (struct image){0};
}
