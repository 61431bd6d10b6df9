// SPDX-License-Identifier: BSD-2-Clause
/* Maps an ELF file, and finds what is in it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "object.h"

int object_open_fd(struct object *o, int fd, struct error *e)
{
	return object_open_mapped(o, fd, NULL, 0, e);
}

int object_open_mapped(struct object *o, int fd, void *data, uint64_t size, struct error *e)
{
	char magic[SELFMAG];

	memset(o, 0, sizeof *o);
	o->tail_offset = NO_OFFSET;
	o->data = data;
	o->size = size;
	if (fstat(fd, &o->st))
		return fail_errno(e, "cannot be looked at");
	if (S_ISDIR(o->st.st_mode))
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "is a directory");
	if (!S_ISREG(o->st.st_mode))
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "not a regular file");
	if (!o->st.st_size)
		return fail(e, STATUS_TROUBLE, "e_ident", 0, "not an ELF file (it is empty)");
	/* In trees most files are none: to map them and to look costs three times as much. */
	if (pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && memcmp(magic, ELFMAG, SELFMAG) != 0)
		return fail(e, STATUS_TROUBLE, "e_ident", 0, "not an ELF file");
	if (data && size != (uint64_t)o->st.st_size)
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "changes while it is read");
	o->size = (uint64_t)o->st.st_size;
	if (!data)
		o->data = mmap(NULL, o->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (o->data == MAP_FAILED) {
		o->data = NULL;
		return fail_errno(e, "cannot be mapped");
	}
	/* Or each page becomes more recently used when it is unmapped, which costs as much again. */
	madvise(o->data, o->size, MADV_SEQUENTIAL);
	return object_read_headers(o, e);
}

int object_open(struct object *o, const char *path, struct error *e)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	memset(o, 0, sizeof *o);
	if (fd < 0)
		return fail_errno(e, "cannot be opened");
	result = object_open_fd(o, fd, e);
	close(fd);
	return result;
}

void object_close(struct object *o)
{
	if (o->data)
		munmap(o->data, o->size);
	free(o->ph);
	free(o->sh);
	free(o->load);
	free(o->edited);
	free(o->patch);
	free(o->tail);
	memset(o, 0, sizeof *o);
}

const unsigned char *object_bytes(const struct object *o, uint64_t offset)
{
	uint64_t at = offset - o->tail_offset;

	if (!o->moved.length || offset < o->tail_offset)
		return o->data + offset;
	if (at < o->moved.at)
		return o->tail + at;
	at -= o->moved.at;
	return at < o->moved.length ? o->data + o->moved.from + at
	                            : o->tail + o->moved.at + (at - o->moved.length);
}

const char *section_name(const struct object *o, const Elf64_Shdr *sh)
{
	const Elf64_Shdr *names = o->sh + o->shstrndx;

	if (!o->shstrndx || sh->sh_name >= names->sh_size)
		return "";
	return (const char *)object_bytes(o, names->sh_offset) + sh->sh_name;
}

Elf64_Shdr *section_by_name(struct object *o, const char *name)
{
	for (size_t i = 1; i < o->shnum; i++)
		if (i != o->shstrndx && !strcmp(section_name(o, o->sh + i), name))
			return o->sh + i;
	return NULL;
}

const Elf64_Shdr *symbol_table(const struct object *o, uint32_t type)
{
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_type == type)
			return o->sh + i;
	return NULL;
}

const struct load *load_at(const struct object *o, uint64_t address)
{
	size_t low = 0, high = o->loads;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->load[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address - o->load[low - 1].address < o->load[low - 1].size ? o->load + low - 1 : NULL;
}

unsigned char *object_at(const struct object *o, uint64_t address, uint64_t length)
{
	const struct load *l = load_at(o, address);

	return l && in_bounds(address - l->address, length, l->size)
	           ? o->data + l->offset + (address - l->address)
	           : NULL;
}
