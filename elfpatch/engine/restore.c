// SPDX-License-Identifier: BSD-2-Clause
/* Gives the original file back: everything that rewrite and stamp have added or changed goes. */
#include <string.h>
#include "undo.h"
#include "unwind.h"

static int restore_sites(const struct added *a, struct error *e)
{
	struct object *o = a->o;
	struct site_row s = {0};
	int more;

	while ((more = site_row_next(&s, a)) > 0) {
		const unsigned char *original = s.original;
		struct site_piece piece[SITE_PIECES];
		unsigned pieces = site_row_pieces(piece, a, &s.row);

		if (!s.row.trampoline)
			continue;
		for (unsigned i = 0; i < pieces; original += piece[i++].length) {
			const unsigned char *code = object_at(o, piece[i].address, piece[i].length);

			if (!code)
				return fail(e, STATUS_TROUBLE, "site address", a->offset + s.at,
				            "outside of the file");
			if (object_patch(o, (uint64_t)(code - o->data), original, piece[i].length))
				return fail_errno(e, "edits");
		}
	}
	return more ? fail(e, STATUS_TROUBLE, "block sites", a->offset + s.at, "outside of the block") : 0;
}

/* What had moved behind the segment. */
static int restore_moved(struct object *o, const struct syslayer_undo *u, struct error *e)
{
	uint64_t length = u->from && u->from < u->size ? u->size - u->from : 0;

	if (!length)
		return 0;
	if (!in_bounds(u->to, length, o->size) || !in_bounds(u->from, length, o->size))
		return fail(e, STATUS_TROUBLE, "undo to", u->to, "outside of the file");
	return object_patch(o, u->from, o->data + u->to, length) ? fail_errno(e, "edits") : 0;
}

/* The table of program headers, where it was: it is in use no more, and GNU strip leaves nothing there. */
static int restore_phdrs(struct object *o, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                         struct error *e)
{
	Elf64_Ehdr eh;

	memcpy(&eh, u->header, sizeof eh);
	if (!in_bounds(eh.e_phoff, u->phnum * sizeof *ph, o->size))
		return 0;
	return object_patch(o, eh.e_phoff, ph, u->phnum * sizeof *ph) ? fail_errno(e, "edits") : 0;
}

int restore(struct object *o, bool *exact, struct error *e)
{
	Elf64_Phdr ph[UNDO_PHDRS];
	struct syslayer_undo u;
	struct added a;

	if (!added_find(o, &a, e))
		return e->status ? -1
		                 : fail(e, STATUS_UNSUPPORTED, SYSLAYER_SECTION, NO_OFFSET,
		                        "the file has no section: it is as it was");
	if (!undo_read(&u, &a))
		return fail(e, STATUS_UNSUPPORTED, SYSLAYER_ADDED_UNDO_SECTION, NO_OFFSET,
		            "there is no record of what was before: the linker plugin, or reserve, has made "
		            "the file");
	undo_read_phdrs(ph, &u, &a);
	if (restore_sites(&a, e) || unwind_undo(&a, e) || restore_phdrs(o, &u, ph, e))
		return -1;
	switch (undo_match(&u, ph, o)) {
	case UNDO_ALL:
		break;
	case UNDO_LOADED:
		*exact = false;
		return restore_loaded(&a, &u, ph, e);
	case UNDO_UNKNOWN:
		return fail_errno(e, "sums");
	case UNDO_OTHER:
		return fail(
		    e, STATUS_NEGATIVE, SYSLAYER_ADDED_UNDO_SECTION, NO_OFFSET,
		    "what the program loads has been changed since it was rewritten (by patchelf or the "
		    "like): it cannot be given back");
	}
	/* What moves back comes last: it takes the place of added bytes, in which the tables are. */
	if (restore_moved(o, &u, e))
		return -1;
	if (object_patch(o, 0, u.header, sizeof u.header))
		return fail_errno(e, "edits");
	object_tail(o, u.size);
	*exact = true;
	return 0;
}
