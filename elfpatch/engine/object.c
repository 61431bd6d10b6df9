// SPDX-License-Identifier: BSD-2-Clause
/* Maps an ELF file, checks its headers, collects edits. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslayer/abi.h>
#include <unistd.h>
#include "object.h"

#define EH(field) "e_" #field, offsetof(Elf64_Ehdr, e_##field)

static int check_ident(struct object *o, struct error *e)
{
	if (o->size < EI_NIDENT || memcmp(o->data, ELFMAG, SELFMAG) != 0)
		return fail(e, STATUS_TROUBLE, "e_ident", 0,
		            o->size < SELFMAG || memcmp(o->data, ELFMAG, SELFMAG) ? "not an ELF file"
		                                                                  : "truncated");
	if (o->data[EI_CLASS] != ELFCLASS64)
		return fail(e, STATUS_UNSUPPORTED, "EI_CLASS", EI_CLASS,
		            "a 32-bit file; syslayer serves 64-bit x86-64 programs");
	if (o->data[EI_DATA] != ELFDATA2LSB)
		return fail(e, STATUS_UNSUPPORTED, "EI_DATA", EI_DATA, "not little endian");
	if (o->data[EI_VERSION] != EV_CURRENT)
		return fail(e, STATUS_TROUBLE, "EI_VERSION", EI_VERSION, "unknown ELF version %d",
		            o->data[EI_VERSION]);
	if (o->size < sizeof o->eh)
		return fail(e, STATUS_TROUBLE, "e_ident", o->size, "truncated in the ELF header");
	memcpy(&o->eh, o->data, sizeof o->eh);
	if (o->eh.e_machine != EM_X86_64)
		return fail(e, STATUS_UNSUPPORTED, EH(machine),
		            "machine %d is not supported, only x86-64 (%d) is", o->eh.e_machine, EM_X86_64);
	if (o->eh.e_type != ET_EXEC && o->eh.e_type != ET_DYN)
		return fail(e, STATUS_UNSUPPORTED, EH(type), "neither an executable nor a shared object");
	return 0;
}

static int read_shdrs(struct object *o, struct error *e)
{
	const Elf64_Ehdr *eh = &o->eh;
	uint64_t num = eh->e_shnum;
	const Elf64_Shdr *names;
	Elf64_Shdr first;

	if (!eh->e_shoff)
		return 0;
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return fail(e, STATUS_TROUBLE, EH(shentsize), "%d, must be %zu", eh->e_shentsize,
		            sizeof(Elf64_Shdr));
	if (!in_bounds(eh->e_shoff, sizeof first, o->size))
		return fail(e, STATUS_TROUBLE, EH(shoff), "0x%" PRIx64 " lies behind the end of the file",
		            eh->e_shoff);
	memcpy(&first, o->data + eh->e_shoff, sizeof first);
	if (!num) /* more than SHN_LORESERVE, elf(5) */
		num = first.sh_size;
	if (num > o->size / sizeof(Elf64_Shdr) || !in_bounds(eh->e_shoff, num * sizeof(Elf64_Shdr), o->size))
		return fail(e, STATUS_TROUBLE, EH(shnum),
		            "%" PRIu64 " section headers go over the end of the file", num);
	o->sh = malloc((num + !num) * sizeof *o->sh);
	if (!o->sh)
		return fail_errno(e, "section headers");
	memcpy(o->sh, o->data + eh->e_shoff, num * sizeof *o->sh);
	o->shnum = num;
	o->shstrndx = eh->e_shstrndx == SHN_XINDEX ? first.sh_link : eh->e_shstrndx;
	for (size_t i = 0; i < num; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (i && sh->sh_type != SHT_NOBITS && sh->sh_type != SHT_NULL &&
		    !in_bounds(sh->sh_offset, sh->sh_size, o->size))
			return fail(e, STATUS_TROUBLE, "sh_offset",
			            eh->e_shoff + i * sizeof *sh + offsetof(Elf64_Shdr, sh_offset),
			            "section %zu goes over the end of the file", i);
	}
	if (!num)
		o->shstrndx = 0;
	if (o->shstrndx >= num + !num || (o->shstrndx && o->sh[o->shstrndx].sh_type != SHT_STRTAB))
		return fail(e, STATUS_TROUBLE, EH(shstrndx), "%zu is no string table", o->shstrndx);
	/* Then each name in it ends, gABI "String Table". */
	names = o->sh + o->shstrndx;
	if (o->shstrndx && names->sh_size && o->data[names->sh_offset + names->sh_size - 1])
		return fail(e, STATUS_TROUBLE, "section names", names->sh_offset + names->sh_size - 1,
		            "the last is not terminated");
	return 0;
}

static int check_load(const struct object *o, size_t i, uint64_t at, uint64_t *last_end, struct error *e)
{
	const Elf64_Phdr *ph = o->ph + i;

#define PH(field) "p_" #field, at + offsetof(Elf64_Phdr, p_##field)
	if (ph->p_filesz > ph->p_memsz)
		return fail(e, STATUS_TROUBLE, PH(filesz),
		            "segment %zu has more bytes in the file than in memory", i);
	if (ph->p_vaddr >> 47 || ph->p_memsz >> 47)
		return fail(e, STATUS_TROUBLE, PH(vaddr), "segment %zu lies outside of the address space", i);
	if ((ph->p_vaddr ^ ph->p_offset) & 0xfff)
		return fail(e, STATUS_TROUBLE, PH(offset),
		            "segment %zu: address and offset differ within the page", i);
	if (ph->p_vaddr < *last_end)
		return fail(e, STATUS_TROUBLE, PH(vaddr), "segment %zu is not above the one before it", i);
#undef PH
	*last_end = ph->p_vaddr + ph->p_memsz;
	return 0;
}

/* A kernel takes 64 KiB of program headers, fs/binfmt_elf.c. */
#define LOADS_MAX (65536 / sizeof(Elf64_Phdr))

static int read_phdrs(struct object *o, struct error *e)
{
	const Elf64_Ehdr *eh = &o->eh;
	uint64_t num = eh->e_phnum, last_end = 0, loaded = 0, noted = 0;

	if (num == PN_XNUM && o->shnum)
		num = o->sh[0].sh_info;
	if (!num)
		return fail(e, STATUS_UNSUPPORTED, EH(phnum), "no program headers");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return fail(e, STATUS_TROUBLE, EH(phentsize), "%d, must be %zu", eh->e_phentsize,
		            sizeof(Elf64_Phdr));
	if (!in_bounds(eh->e_phoff, num * sizeof(Elf64_Phdr), o->size))
		return fail(e, STATUS_TROUBLE, EH(phoff),
		            "%" PRIu64 " program headers go over the end of the file", num);
	o->ph = malloc(num * sizeof *o->ph);
	if (!o->ph)
		return fail_errno(e, "program headers");
	memcpy(o->ph, o->data + eh->e_phoff, num * sizeof *o->ph);
	o->phnum = num;
	o->load = malloc((num < LOADS_MAX ? num : LOADS_MAX) * sizeof *o->load);
	if (!o->load)
		return fail_errno(e, "program headers");
	for (size_t i = 0; i < num; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		uint64_t at = eh->e_phoff + i * sizeof *ph;

		if (ph->p_type == PT_NULL || ph->p_type == PT_GNU_STACK)
			continue;
		if (!in_bounds(ph->p_offset, ph->p_filesz, o->size))
			return fail(e, STATUS_TROUBLE, "p_filesz", at + offsetof(Elf64_Phdr, p_filesz),
			            "segment %zu goes over the end of the file", i);
		/* Bytes that many segments share would be looked at as many times. */
		if (ph->p_type == PT_NOTE)
			noted += ph->p_filesz;
		if (ph->p_type == PT_LOAD)
			loaded += ph->p_filesz;
		if (o->loads == LOADS_MAX || loaded > 2 * o->size || noted > 2 * o->size)
			return fail(e, STATUS_UNSUPPORTED, EH(phnum),
			            "the segments up to %zu are too many, or have the same bytes", i);
		if (ph->p_type != PT_LOAD)
			continue;
		if (check_load(o, i, at, &last_end, e))
			return -1;
		if (!ph->p_filesz)
			continue;
		o->load[o->loads++] = (struct load){ph->p_vaddr, ph->p_offset, ph->p_filesz, ph->p_flags};
	}
	if (!last_end)
		return fail(e, STATUS_UNSUPPORTED, EH(phnum), "no segment is loaded");
	return 0;
}

static int read_headers(struct object *o, struct error *e)
{
	return check_ident(o, e) || read_shdrs(o, e) || read_phdrs(o, e) ? -1 : 0;
}

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
	return read_headers(o, e);
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

/* What section headers say is at the offset. */
static const unsigned char *bytes_at(const struct object *o, uint64_t offset)
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
	return (const char *)bytes_at(o, names->sh_offset) + sh->sh_name;
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
	memcpy(copy, bytes_at(o, offset), length);
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
	return read_headers(o, e);
}
