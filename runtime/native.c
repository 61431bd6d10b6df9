// SPDX-License-Identifier: BSD-2-Clause
/*
 * Maps the native page over all slots, out of the very file that this runtime came from: no
 * executable memory that is not backed by a file, no mprotect, so it works under
 * MemoryDenyWriteExecute and the like.
 */
#include <asm/unistd.h>
#include <elf.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <syslayer/image.h>
#include "runtime.h"

static const char *section(void)
{
	return block_address(runtime_block.section);
}

/* The page as it is in memory, to know it again in the file. */
static const char *page(void)
{
	return block_address(runtime_block.native);
}

static int map_from(const char *path, uint64_t offset)
{
	char found[SYSLAYER_PAGE];
	long fd = SYSCALL(__NR_open, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0, 0, 0, 0);
	long r;

	if (fd < 0)
		return (int)fd;
	/* The path may name another file by now. Read, for a mapping behind its end could not be looked at. */
	r = SYSCALL(__NR_pread64, fd, found, sizeof found, offset, 0, 0);
	if (r >= 0 && (r != sizeof found || !syslayer_same(found, page(), sizeof found)))
		r = -ESTALE;
	for (uint64_t at = 0; at < SYSLAYER_SLOTS_SIZE && r >= 0; at += SYSLAYER_PAGE)
		r = SYSCALL(__NR_mmap, section() + at, SYSLAYER_PAGE, PROT_READ | PROT_EXEC,
			    MAP_PRIVATE | MAP_FIXED, fd, offset);
	SYSCALL(__NR_close, fd, 0, 0, 0, 0, 0);
	return r < 0 ? (int)r : 0;
}

/*
 * Where the page lies in the program's file. The program headers tell, as tools that rewrite
 * files (strip, objcopy) may move a segment in the file.
 */
static uint64_t offset_in_program(const struct context *c)
{
	uint64_t address = runtime_block.note.address - (uint64_t)runtime_block.section + runtime_block.native;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)c->phdr;

	for (unsigned long i = 0; i < c->phnum; i++)
		if (ph[i].p_type == PT_LOAD && address - ph[i].p_vaddr < ph[i].p_filesz)
			return address - ph[i].p_vaddr + ph[i].p_offset;
	return 0;
}

/* One line of /proc/self/maps (proc(5)): START-END PERM OFFSET DEV INODE   PATH. */
struct mapping {
	uint64_t start, end, offset;
	const char *path;
};

static const char *hex(const char *s, uint64_t *value)
{
	*value = 0;
	for (;; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' : *s >= 'a' && *s <= 'f' ? *s - 'a' + 10 : -1;

		if (digit < 0)
			return s;
		*value = *value << 4 | (unsigned)digit;
	}
}

static void parse(const char *line, struct mapping *m)
{
	const char *s = hex(line, &m->start);

	s = hex(s + (*s == '-'), &m->end);
	while (*s == ' ')
		s++;
	while (*s && *s != ' ')
		s++;
	s = hex(s + (*s == ' '), &m->offset);
	while (*s && *s != '/')
		s++;
	m->path = s;
}

/* A library does not know its file: look for the mapping that holds the page. */
static int map_from_mapping(void)
{
	char buffer[4096 + 256];
	size_t have = 0;
	int result = -ENOENT;
	long fd = SYSCALL(__NR_open, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
	long r;

	if (fd < 0)
		return (int)fd;
	while (have < sizeof buffer - 1 &&
	       (r = SYSCALL(__NR_read, fd, buffer + have, sizeof buffer - 1 - have, 0, 0, 0)) > 0) {
		char *line = buffer, *end = buffer + have + r;

		for (char *s = line; s < end; s++) {
			struct mapping m;

			if (*s != '\n')
				continue;
			*s = 0;
			parse(line, &m);
			if ((uint64_t)page() - m.start < m.end - m.start) {
				result = map_from(m.path, m.offset + ((uint64_t)page() - m.start));
				goto found;
			}
			line = s + 1;
		}
		have = (size_t)(end - line);
		for (size_t i = 0; i < have; i++)
			buffer[i] = line[i];
	}
found:
	SYSCALL(__NR_close, fd, 0, 0, 0, 0, 0);
	return result;
}

/*
 * The last resort, where the file cannot be had (no /proc, deleted): a copy. First writable,
 * then executable, never both.
 */
static int copy(void)
{
	char *to = (char *)section();

	if (SYSCALL(__NR_mmap, to, SYSLAYER_SLOTS_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) != (long)to)
		return -ENOMEM;
	for (size_t i = 0; i < SYSLAYER_SLOTS_SIZE; i++)
		to[i] = page()[i % SYSLAYER_PAGE];
	return (int)SYSCALL(__NR_mprotect, to, SYSLAYER_SLOTS_SIZE, PROT_READ | PROT_EXEC, 0, 0, 0);
}

int runtime_map_native(const struct context *c)
{
	uint64_t offset = offset_in_program(c);

	if (offset && !map_from("/proc/self/exe", offset))
		return 0;
	if (offset && c->execfn && !map_from(c->execfn, offset))
		return 0;
	if (!map_from_mapping())
		return 0;
	return copy();
}
