// SPDX-License-Identifier: BSD-2-Clause
/* Rewrites a file: section, runtime, trampolines, sites, entry point. */
#include <stdlib.h>
#include <string.h>
#include "../../runtime/runtime.h"
#include "blobs.h"
#include "unwind.h"
#include "stamp.h"
#include "undo.h"

/* The runtime's code follows the block; its own copy of the block's head is left out. */
static int append_runtime(struct added *a, struct runtime_entries *entries, struct error *e)
{
	const unsigned char *code = blob_runtime + sizeof a->block;
	uint64_t size = (uint64_t)(blob_runtime_end - code);

	a->block.runtime = (uint32_t)added_here(a);
	a->block.runtime_size = (uint32_t)size;
	memcpy(entries, code, sizeof *entries);
	if (object_append(a->o, code, size) || object_append_align(a->o, 16))
		return fail_errno(e, "runtime");
	return 0;
}

/* Route the site, and say in the row how; what stood there is appended to *original. */
static int append_site(struct added *a, const struct site *s, const struct gates *g, struct unwind *u,
                       struct syslayer_site *row, unsigned char **original, uint32_t *slot, struct error *e)
{
	int64_t address = (int64_t)(s->address - a->address);
	struct site_piece piece[SITE_PIECES];
	unsigned pieces = site_pieces(piece, s);

	*row = (struct syslayer_site){
	    .address = (int32_t)address,
	    .number = s->number,
	    .tactic = (uint8_t)s->tactic,
	    .reason = (uint8_t)s->reason,
	    .before = s->tactic == SYSLAYER_TACTIC_SHORT ? (uint8_t)s->away : s->before,
	    .length = s->length,
	};
	if (row->address != address || a->block.trampolines > UINT32_MAX / 2)
		return fail(e, STATUS_UNSUPPORTED, ".text", NO_OFFSET, "a site cannot be reached");
	if (s->tactic == SYSLAYER_TACTIC_NONE)
		return 0;
	for (unsigned i = 0; i < pieces; *original += piece[i++].length) {
		const unsigned char *code = object_at(a->o, piece[i].address, piece[i].length);

		if (!code)
			return fail(e, STATUS_TROUBLE, ".text", NO_OFFSET, "a site is not in the file");
		memcpy(*original, code, piece[i].length);
	}
	return trampoline_emit(a, s, g, *original - s->length, u, &row->trampoline, slot, e);
}

static int append_sites(struct added *a, const struct sites *ss, const struct gates *g, struct unwind *u,
                        uint32_t *slot, struct error *e)
{
	struct syslayer_site *rows = calloc(ss->count + !ss->count, sizeof *rows + SITE_MAX);
	unsigned char *original = (unsigned char *)(rows + ss->count), *end = original;
	unsigned looks = 0;
	int result = -1;

	if (!rows)
		return fail_errno(e, "sites");
	a->block.trampolines = (uint32_t)added_here(a);
	for (size_t i = 0; i < ss->count; i++) {
		if (append_site(a, ss->s + i, g, u, rows + i, &end, slot + i, e))
			goto out;
		object_look(a->o, &looks);
	}
	a->block.trampolines_size = (uint32_t)added_here(a) - a->block.trampolines;
	if (object_append_align(a->o, 8)) {
		fail_errno(e, "sites");
		goto out;
	}
	a->block.sites = (uint32_t)added_here(a);
	a->block.site_count = (uint32_t)ss->count;
	result =
	    object_append(a->o, rows, (uint64_t)(end - (unsigned char *)rows)) ? fail_errno(e, "sites") : 0;
out:
	free(rows);
	return result;
}

static void count_sites(struct rewrite_result *r, const struct sites *ss)
{
	r->sites = (uint32_t)ss->count;
	for (size_t i = 0; i < ss->count; i++) {
		const struct site *s = ss->s + i;

		r->tactics[s->tactic]++;
		if (s->tactic == SYSLAYER_TACTIC_NONE)
			r->reasons[s->reason]++;
		else
			r->rewritten++;
	}
}

static int append_code(struct added *a, const struct sites *ss, size_t rewritten, struct error *e)
{
	struct runtime_entries entries;
	uint32_t *slot = calloc(ss->count + !ss->count, sizeof *slot);
	const uint64_t provisional = a->address;
	struct unwind u = {0};
	struct gates g;
	int result = -1;

	if (!slot) {
		fail_errno(e, "sites");
		goto out;
	}
	if (append_runtime(a, &entries, e))
		goto out;
	g = (struct gates){.call = a->address + entries.gate, .ask = a->address + entries.ask};
	u.gate = a->address + entries.gate;
	u.gate_end = a->address + entries.gate_end;
	a->section = provisional;
	if (append_sites(a, ss, &g, &u, slot, e) ||
	    (unwind_is_needed(a, rewritten) ? unwind_append(a, &u, e) : added_place_section(a, 0, e)) ||
	    trampoline_link(a, slot, ss->count, provisional, e))
		goto out;
	if (object_kind(a->o) != OBJECT_LIBRARY) {
		a->block.entry = (int64_t)(a->o->eh.e_entry - a->address);
		a->o->eh.e_entry = a->address + entries.start;
	}
	result = 0;
out:
	unwind_free(&u);
	free(slot);
	return result;
}

static int add_all(struct object *o, uint64_t size, unsigned flags, const struct sites *ss,
                   const struct rewrite_result *r, bool calls, struct undo *undo, struct error *e)
{
	enum object_kind kind = object_kind(o);
	/* In a section that is too small for them a program has native stubs; a library cannot. */
	bool forward = calls && (kind == OBJECT_LIBRARY || (kind == OBJECT_DYNAMIC && forward_fits(size)));
	bool runtime = calls || kind != OBJECT_LIBRARY;
	struct added a;
	int result;

	if (added_begin(&a, o, size, flags, runtime, e))
		return -1;
	a.undo = undo;
	a.block.forward = forward;
	a.block.linker = kind == OBJECT_INTERPRETER;
	result = (runtime ? append_code(&a, ss, r->rewritten, e) : added_place_section(&a, 0, e)) ||
	                 added_finish(&a, e) || (forward && stamp_forward(o, e))
	             ? -1
	             : 0;
	free(a.debug_frame);
	return result;
}

int rewrite(struct object *o, uint64_t size, unsigned flags, bool anyway, struct rewrite_result *r,
            struct error *e)
{
	struct summed_list summed = {0};
	struct undo undo;
	struct added had;
	struct sites ss;
	bool calls;
	int result = -1;

	*r = (struct rewrite_result){.state = REWRITE_ALREADY};
	if (added_find(o, &had, e) && had.block.runtime)
		return same_section(&had, size, flags, e);
	if (e->status)
		return -1;
	r->state = REWRITE_NOTHING;
	if (sites_find(&ss, o, anyway ? NULL : &summed, e))
		goto out;
	count_sites(r, &ss);
	/* A file that makes no system call needs no runtime: nobody goes to its section. */
	calls = r->rewritten || section_by_name(o, ".syslayer.calls");
	if (!calls && !anyway) {
		result = 0;
		goto out;
	}
	if (had.block.note.size) {
		fail(e, STATUS_UNSUPPORTED, SYSLAYER_SECTION, had.offset,
		     "the file has an empty section already, which is not made for a runtime");
		goto out;
	}
	r->state = REWRITE_DONE;
	if (!anyway && undo_begin(&undo, o, &summed)) {
		fail_errno(e, "sums");
		goto out;
	}
	result = add_all(o, size ? size : SYSLAYER_SIZE_DEFAULT, flags, &ss, r, calls,
	                 section_by_name(o, ".syslayer.calls") || anyway ? NULL : &undo, e);
out:
	summed_free(&summed);
	sites_free(&ss);
	return result;
}
