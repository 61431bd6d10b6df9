// SPDX-License-Identifier: BSD-2-Clause
/*
 * Puts the native stubs over the section. There is no executable memory that is not backed by
 * a file: so it works under MemoryDenyWriteExecute and the like.
 */
#include <asm/unistd.h>
#include <linux/mman.h>
#include <syslayer/image.h>
#include "runtime.h"

/* Where the block is in the file that the program headers describe, or 0. */
static uint64_t block_offset(const struct context *c)
{
	uint64_t address = runtime_block.note.address - (uint64_t)runtime_block.section;

	for (uint64_t i = 0; i < c->phnum; i++) {
		const Elf64_Phdr *ph = c->phdr + i;

		if (ph->p_type == PT_LOAD && address >= ph->p_vaddr && address < ph->p_vaddr + ph->p_filesz)
			return address - ph->p_vaddr + ph->p_offset;
	}
	return 0;
}

/*
 * By mmap(2), an event by which perf(1) learns of which file they are. The path may lead to another
 * file than that which was executed: the block tells, by its checksum of all that follows it.
 */
static long map_file(const struct context *c, const char *section)
{
	struct syslayer_added block;
	uint64_t at = block_offset(c);
	long fd, r = -1;

	if (c->secure || runtime_block.linker || !c->execfn || !at)
		return r;
	fd = runtime_open(c, c->execfn);
	if (fd < 0)
		return r;
	if (SYSCALL(__NR_pread64, fd, &block, sizeof block, at, 0, 0) == sizeof block &&
	    syslayer_same((const char *)&block, (const char *)&runtime_block, sizeof block))
		r = SYSCALL(__NR_mmap, section, SYSLAYER_SLOTS_SIZE, PROT_READ | PROT_EXEC,
		            MAP_PRIVATE | MAP_FIXED, fd, at + runtime_block.native);
	SYSCALL(__NR_close, fd, 0, 0, 0, 0, 0);
	return r;
}

/*
 * The last resort, where mremap is forbidden: a copy. First writable, then executable,
 * never both.
 */
static long copy(char *section, const char *stubs)
{
	/* An mremap that fails may have removed what was there. */
	long r = SYSCALL(__NR_mmap, section, SYSLAYER_SLOTS_SIZE, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);

	if (r != (long)section)
		return r;
	for (size_t i = 0; i < SYSLAYER_SLOTS_SIZE; i++)
		section[i] = stubs[i];
	return SYSCALL(__NR_mprotect, section, SYSLAYER_SLOTS_SIZE, PROT_READ | PROT_EXEC, 0, 0, 0);
}

/*
 * Moved from the added segment, where the kernel or ld.so has mapped them with it: one call, and no file
 * to be found and opened, so it works without /proc, and for libraries.
 *
 * Where they came from stays mapped: dlclose(3) unmaps all that lies between the first and
 * the last byte of a library, and with it whatever had been put into a hole there.
 */
static long move(char *section, const char *stubs)
{
	long r = SYSCALL(__NR_mremap, stubs, SYSLAYER_SLOTS_SIZE, SYSLAYER_SLOTS_SIZE,
	                 MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, section, 0);

	if (r == (long)section)
		return r;
	/* Before Linux 5.13 a file's pages could not be left mapped. */
	r = SYSCALL(__NR_mremap, stubs, SYSLAYER_SLOTS_SIZE, SYSLAYER_SLOTS_SIZE,
	            MREMAP_MAYMOVE | MREMAP_FIXED, section, 0);
	if (r == (long)section)
		SYSCALL(__NR_mmap, stubs, SYSLAYER_SLOTS_SIZE, PROT_NONE,
		        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return r;
}

int runtime_map_native(const struct context *c)
{
	char *section = (char *)block_address(runtime_block.section);
	const char *stubs = block_address(runtime_block.native);

	if (map_file(c, section) == (long)section || move(section, stubs) == (long)section)
		return 0;
	return (int)copy(section, stubs);
}
