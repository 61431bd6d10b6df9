// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a kernel says that the program headers are, AT_PHDR of getauxval(3). Since Linux 5.18 that is where
 * the segment puts them that has them; before, and in qemu-user, e_phoff behind the ELF header
 * (create_elf_tables() of fs/binfmt_elf.c).
 */
#include "added.h"

bool needs_linux_5_18(const struct object *o)
{
	const Elf64_Phdr *first = o->ph;
	const uint64_t table = o->eh.e_phoff, bytes = o->phnum * sizeof *o->ph;

	/* Dynamic linkers have always looked for the segment. */
	if (object_kind(o) == OBJECT_LIBRARY)
		return false;
	while (first->p_type != PT_LOAD)
		first++;
	for (size_t i = 0; i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type == PT_LOAD && ph->p_offset <= table &&
		    in_bounds(table - ph->p_offset, bytes, ph->p_filesz))
			return ph->p_vaddr - ph->p_offset != first->p_vaddr - first->p_offset;
	}
	return false;
}
