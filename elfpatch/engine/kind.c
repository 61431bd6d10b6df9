// SPDX-License-Identifier: BSD-2-Clause
/* Tells who enters a file, and with it who maps its section. */
#include <string.h>
#include "added.h"

/* A string in the table of dynamic strings says what a file defines or uses, without section headers. */
static bool has_string(const struct object *o, uint64_t strtab, uint64_t size, const char *name)
{
	const unsigned char *p = strtab ? object_at(o, strtab, size) : NULL;

	/* With the NUL before it. */
	return p && size && memmem(p, size, name, 1 + strlen(name + 1) + 1);
}

enum object_kind object_kind(const struct object *o)
{
	const Elf64_Phdr *dynamic = NULL;
	uint64_t strtab = 0, strsz = 0;
	bool library = false, needs = false;

	for (size_t i = 0; i < o->phnum; i++) {
		if (o->ph[i].p_type == PT_INTERP)
			return OBJECT_DYNAMIC; /* libc.so.6 has one too, but can be run as a program as well
			                        */
		if (o->ph[i].p_type == PT_DYNAMIC)
			dynamic = o->ph + i;
	}
	if (o->eh.e_type == ET_EXEC)
		return OBJECT_STATIC;
	for (uint64_t at = 0; dynamic && at + sizeof(Elf64_Dyn) <= dynamic->p_filesz;
	     at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn dyn;

		memcpy(&dyn, o->data + dynamic->p_offset + at, sizeof dyn);
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_FLAGS_1 && dyn.d_un.d_val & DF_1_PIE)
			return OBJECT_STATIC;
		if (dyn.d_tag == DT_STRTAB)
			strtab = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_STRSZ)
			strsz = dyn.d_un.d_val;
		needs |= dyn.d_tag == DT_NEEDED;
		library |= dyn.d_tag == DT_SONAME || dyn.d_tag == DT_NEEDED;
	}
	if (!o->eh.e_entry)
		return OBJECT_LIBRARY;
	/* What debuggers look for in glibc's and musl's dynamic linker. */
	if (dynamic && !needs &&
	    (has_string(o, strtab, strsz, "\0_rtld_global") ||
	     has_string(o, strtab, strsz, "\0_dl_debug_addr")))
		return OBJECT_INTERPRETER;
	return library ? OBJECT_LIBRARY : OBJECT_STATIC;
}
