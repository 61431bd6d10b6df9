// SPDX-License-Identifier: BSD-2-Clause
/* Tells programs, which are entered at e_entry, from shared libraries, which are not. */
#include <string.h>
#include "added.h"

bool is_program(const struct object *o)
{
	const Elf64_Phdr *dynamic = NULL;
	bool library = false;

	if (o->eh.e_type == ET_EXEC)
		return true;
	for (size_t i = 0; i < o->phnum; i++) {
		if (o->ph[i].p_type == PT_INTERP && !dynamic)
			return true; /* libc.so.6 has one too, but can be run as a program as well */
		if (o->ph[i].p_type == PT_DYNAMIC)
			dynamic = o->ph + i;
	}
	if (!dynamic)
		return o->eh.e_entry != 0;
	for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic->p_filesz; at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn dyn;

		memcpy(&dyn, o->data + dynamic->p_offset + at, sizeof dyn);
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_FLAGS_1 && dyn.d_un.d_val & DF_1_PIE)
			return true; /* static PIE */
		if (dyn.d_tag == DT_SONAME || dyn.d_tag == DT_NEEDED)
			library = true;
	}
	return !library && o->eh.e_entry;
}
