// SPDX-License-Identifier: BSD-2-Clause
/* The whole engine on a program: what it makes is well, differs only where it says so, and stays as it is. */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "undo.h"

void target_begin(void)
{
}

/* What is not loaded has moved where it was in the way of the added segment; was: the file as far as the
 * original had it. */
static void move_back(unsigned char *was, size_t size, const struct object *o, const struct added *a)
{
	struct syslayer_undo u;

	if (!undo_read(&u, a))
		broken("rewrite: no record of the original");
	if (!u.to)
		return;
	if (u.from > size || !in_bounds(u.to, size - u.from, o->size))
		broken("rewrite: bytes that moved");
	memcpy(was + u.from, o->data + u.to, size - u.from);
}

/* Each byte of the program that is another now, but for the ELF header, has moved, or belongs to a site, to
 * .dynamic or to .eh_frame_hdr. */
static void must_differ_where_said(const struct object *o, const unsigned char *bytes, size_t size)
{
	unsigned char *was = malloc(size);
	struct object now = *o;
	struct error e = {0};
	struct site_row s = {0};
	struct added a;
	int more;

	if (!was || !added_find(&now, &a, &e))
		broken("rewrite: no block: %s", e.text);
	memcpy(was, o->data, size);
	move_back(was, size, o, &a);
	while ((more = site_row_next(&s, &a)) > 0) {
		const unsigned char *original = s.original;
		struct site_piece piece[SITE_PIECES];
		unsigned pieces = site_row_pieces(piece, &a, &s.row);

		for (unsigned i = 0; i < pieces; original += piece[i++].length) {
			const unsigned char *code = object_at(o, piece[i].address, piece[i].length);

			if (!code)
				broken("rewrite: site %u", s.index);
			memcpy(was + (code - o->data), original, piece[i].length);
		}
	}
	if (more)
		broken("rewrite: row %u", s.index);
	for (size_t i = 0; i < o->phnum; i++)
		if ((o->ph[i].p_type == PT_DYNAMIC || o->ph[i].p_type == PT_GNU_EH_FRAME) &&
		    in_bounds(o->ph[i].p_offset, o->ph[i].p_filesz, size))
			memcpy(was + o->ph[i].p_offset, bytes + o->ph[i].p_offset, o->ph[i].p_filesz);
	for (size_t i = sizeof o->eh; i < size; i++)
		if (was[i] != bytes[i])
			broken("rewrite: byte 0x%zx is 0x%02x, was 0x%02x", i, was[i], bytes[i]);
	free(was);
}

void target(const unsigned char *bytes, size_t size)
{
	struct rewrite_result r;
	struct object o = {0};
	struct error e = {0};
	bool own;

	if (object_open_fd(&o, file_put(0, bytes, size), &e))
		goto out;
	/* libsys's calls, and symbols of its section, move with that. */
	own = section_by_name(&o, ".syslayer.calls") || section_by_name(&o, SYSLAYER_SECTION);
	if (rewrite(&o, 0, 0, false, &r, &e)) {
		must_say_why(&e, "rewrite");
		goto out;
	}
	if (r.state != REWRITE_DONE)
		goto out;
	file_save(1, &o);
	if (object_settle(&o, &e))
		broken("rewrite: cannot be read: %s", e.text);
	must_be_well(1, "rewrite");
	if (!own)
		must_differ_where_said(&o, bytes, size);
	file_put(2, o.data, o.size);
	if (!file_same(1, 2))
		broken("rewrite: settled and saved differ");
	if (!own)
		must_be_given_back(1, 3, 0, "rewrite");
	if (rewrite(&o, 0, 0, false, &r, &e) || r.state != REWRITE_ALREADY)
		broken("rewrite: not done, the second time: %s", e.text);
out:
	object_close(&o);
}
