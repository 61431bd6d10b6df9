// SPDX-License-Identifier: BSD-2-Clause
/* .debug_frame, for debuggers: behind what the program has of it, or a section of its own. */
#include <string.h>
#include "undo.h"
#include "unwind-plan.h"

/* As far as a program's own .debug_frame is copied; Go's and others' may be as large as the code. */
#define COPY_MAX 65536

static bool can_copy(const Elf64_Shdr *sh)
{
	return sh->sh_type == SHT_PROGBITS && !(sh->sh_flags & SHF_COMPRESSED) && sh->sh_size <= COPY_MAX;
}

/* What was made for the start of the section comes behind so many bytes: FDEs count from the start. */
static void move_debug(struct unwind_plan *p, uint64_t behind)
{
	for (unsigned i = 0; i < p->programs; i++) {
		uint32_t cie = (uint32_t)behind;

		memcpy(p->debug.p + p->debug_fde[i] + 4, &cie, sizeof cie);
	}
}

void unwind_keep_debug(struct added *a, struct unwind_plan *p)
{
	const Elf64_Shdr *debug = section_by_name(a->o, UNWIND_DEBUG_SECTION);

	if (debug && can_copy(debug))
		move_debug(p, debug->sh_size);
	a->debug_frame = p->debug.p;
	a->debug_frame_size = p->debug.size;
	p->debug.p = NULL;
}

int unwind_append_debug(struct added *a, bool *is_new)
{
	struct object *o = a->o;
	Elf64_Shdr *had = section_by_name(o, UNWIND_DEBUG_SECTION);
	Elf64_Shdr sh = {
	    .sh_type = SHT_PROGBITS,
	    .sh_offset = object_end(o),
	    .sh_size = a->debug_frame_size,
	    .sh_addralign = 8,
	};

	*is_new = a->debug_frame && !had;
	if (!a->debug_frame || (had && !can_copy(had)))
		return 0;
	if (had) {
		if (object_append_copy(o, had->sh_offset, had->sh_size))
			return -1;
		had->sh_offset = sh.sh_offset;
		had->sh_size += sh.sh_size;
	} else if (append_shdr(o, &sh)) {
		return -1;
	}
	return object_append(o, a->debug_frame, a->debug_frame_size);
}

/* Whether the section is none that ours could be put behind: it is as it was, although it may have moved. */
static bool is_own_debug(const struct added *a, const Elf64_Shdr *sh, uint64_t ours)
{
	struct syslayer_undo u;

	if (sh->sh_flags & SHF_COMPRESSED || sh->sh_size > COPY_MAX + ours)
		return true;
	return undo_read(&u, a) && u.debug_frame > COPY_MAX;
}

bool unwind_verify_debug(const struct added *a, struct unwind_plan *p)
{
	const Elf64_Shdr *sh = section_by_name(a->o, UNWIND_DEBUG_SECTION);
	uint64_t behind;

	if (!sh || sh->sh_type != SHT_PROGBITS || sh->sh_offset < a->offset ||
	    is_own_debug(a, sh, p->debug.size))
		return true;
	if (sh->sh_size < p->debug.size)
		return false;
	behind = sh->sh_size - p->debug.size;
	move_debug(p, behind);
	return !memcmp(a->o->data + sh->sh_offset + behind, p->debug.p, p->debug.size);
}
