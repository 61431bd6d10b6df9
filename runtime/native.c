// SPDX-License-Identifier: BSD-2-Clause
/*
 * Moves the native stubs from the added segment, where the kernel or ld.so has mapped them
 * with it, to the section. One call, no file to be found and opened, no executable memory
 * that is not backed by a file: so it works without /proc, for libraries, and under
 * MemoryDenyWriteExecute and the like.
 *
 * Where they came from stays mapped: dlclose(3) unmaps all that lies between the first and
 * the last byte of a library, and with it whatever had been put into a hole there.
 */
#include <asm/unistd.h>
#include <linux/mman.h>
#include "runtime.h"

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

int runtime_map_native(void)
{
	char *section = (char *)block_address(runtime_block.section);
	const char *stubs = block_address(runtime_block.native);
	long r = SYSCALL(__NR_mremap, stubs, SYSLAYER_SLOTS_SIZE, SYSLAYER_SLOTS_SIZE,
	                 MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, section, 0);

	if (r == (long)section)
		return 0;
	/* Before Linux 5.13 a file's pages could not be left mapped. */
	r = SYSCALL(__NR_mremap, stubs, SYSLAYER_SLOTS_SIZE, SYSLAYER_SLOTS_SIZE,
	            MREMAP_MAYMOVE | MREMAP_FIXED, section, 0);
	if (r != (long)section)
		return (int)copy(section, stubs);
	SYSCALL(__NR_mmap, stubs, SYSLAYER_SLOTS_SIZE, PROT_NONE,
	        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return 0;
}
