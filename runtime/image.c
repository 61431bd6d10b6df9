// SPDX-License-Identifier: BSD-2-Clause
/* Maps a stub image file over the section, after everything about it has been checked. */
#include <asm/unistd.h>
#include <elf.h>
#include <linux/fcntl.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/stat.h>
#include <asm/stat.h>
#include <syslayer/image.h>
#include "runtime.h"

static char *append(char *p, const char *end, const char *s)
{
	while (*s && p < end)
		*p++ = *s++;
	return p;
}

/* A layer's name becomes its path in the directory of layers; a path stays what it is. */
static const char *image_path(const char *image, char *buffer, size_t size)
{
	const char *end = buffer + size - 1;
	char *p = buffer;

	for (const char *s = image; *s; s++)
		if (*s == '/')
			return image;
	p = append(p, end, SYSLAYER_LAYER_DIR "/");
	p = append(p, end, image);
	p = append(p, end, ".img");
	*p = 0;
	return buffer;
}

static const char *reason(long error)
{
	switch (-error) {
	case ENOENT:
		return "no such file";
	case EACCES:
		return "permission denied";
	case EPERM:
		return "it may not be mapped executable (is it on a noexec file system?)";
	case ELOOP:
		return "too many symbolic links";
	default:
		return "it cannot be opened or mapped";
	}
}

static const char *map(int fd, const char *section, char *head)
{
	const struct syslayer_note *note = &runtime_block.note;
	struct stat st;
	uint64_t size, stubs;
	const char *why;
	long r;

	r = SYSCALL(__NR_fstat, fd, &st, 0, 0, 0, 0);
	if (r < 0)
		return reason(r);
	if ((st.st_mode & S_IFMT) != S_IFREG)
		return "not a regular file";
	r = SYSCALL(__NR_pread64, fd, head, SYSLAYER_IMAGE_HEAD, 0, 0, 0);
	if (r < 0)
		return reason(r);
	if (r != SYSLAYER_IMAGE_HEAD)
		return "it is truncated";
	why = syslayer_image_check(head, (uint64_t)st.st_size, note);
	if (why)
		return why;
	size = syslayer_image_header(head)->size;
	stubs = syslayer_image_magic(section) ? syslayer_image_header(section)->size : 0;
	r = SYSCALL(__NR_mmap, section, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
	/* Stubs that stood there may be more. */
	if (r == (long)section && stubs > size)
		r = SYSCALL(__NR_mmap, section + size, stubs - size, PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) < 0
		        ? -ENOMEM
		        : (long)section;
	if (r == (long)section)
		return NULL;
	/* A mapping that fails may have removed what was there: the section must not be left a hole. */
	SYSCALL(__NR_mmap, section, note->size, PROT_READ | PROT_WRITE,
	        MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	return reason(r);
}

long runtime_open(const struct context *c, const char *path)
{
	/* O_NONBLOCK: a FIFO must not stop the program here. */
	const long flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	unsigned digit = 0;

	/* The last of the first 16 digits has bits 0 to 3. */
	for (; c->killed && digit < 15 && c->killed[digit]; digit++)
		;
	if (digit == 15 && (c->killed[15] <= '9' ? c->killed[15] : c->killed[15] - 'a' + 10) & 1 << __NR_open)
		return SYSCALL(__NR_openat, AT_FDCWD, path, flags, 0, 0, 0);
	return SYSCALL(__NR_open, path, flags, 0, 0, 0, 0);
}

const char *runtime_map_image(const struct context *c, const char **path, char *buffer, size_t size)
{
	char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8)));
	const char *why;
	long fd;

	*path = c->image ? image_path(c->image, buffer, size) : SYSLAYER_DEFAULT_IMAGE;
	fd = c->image_fd ? c->image_fd : runtime_open(c, *path);
	if (fd < 0) {
		why = reason(fd);
		/* That no default image is installed is the usual case, and nothing to speak of. */
		if (!c->image && fd == -ENOENT && !(runtime_block.note.flags & SYSLAYER_NOTE_REQUIRED))
			*path = NULL;
		return why;
	}
	why = map((int)fd, block_address(runtime_block.section), head);
	SYSCALL(__NR_close, fd, 0, 0, 0, 0, 0);
	return why;
}
