// SPDX-License-Identifier: BSD-2-Clause
/* Rewrites a file: section, runtime, trampolines, sites, entry point. */
#include <stdlib.h>
#include <string.h>
#include "../../runtime/runtime.h"
#include "blobs.h"
#include "unwind.h"
#include "stamp.h"

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

static int append_sites(struct added *a, const struct sites *ss, const struct gates *g, struct unwind *u,
                        struct error *e)
{
	struct syslayer_site *rows = calloc(ss->count + !ss->count, sizeof *rows);
	int result = -1;

	if (!rows)
		return fail_errno(e, "sites");
	a->block.trampolines = (uint32_t)added_here(a);
	for (size_t i = 0; i < ss->count; i++) {
		const struct site *s = ss->s + i;
		struct syslayer_site *row = rows + i;
		const unsigned char *code = object_at(a->o, s->address - s->before, s->length);

		row->address = (int64_t)(s->address - a->address);
		row->number = s->number;
		row->tactic = (uint8_t)s->tactic;
		row->reason = (uint8_t)s->reason;
		row->before = s->before;
		row->length = s->length;
		if (s->tactic == SYSLAYER_TACTIC_NONE)
			continue;
		if (!code || a->block.trampolines > UINT32_MAX / 2) {
			fail(e, STATUS_UNSUPPORTED, ".text", NO_OFFSET, "a site cannot be reached");
			goto out;
		}
		memcpy(row->original, code, s->length);
		if (trampoline_emit(a, s, g, u, &row->trampoline, e))
			goto out;
	}
	a->block.trampolines_size = (uint32_t)added_here(a) - a->block.trampolines;
	if (object_append_align(a->o, 8)) {
		fail_errno(e, "sites");
		goto out;
	}
	a->block.sites = (uint32_t)added_here(a);
	a->block.site_count = (uint32_t)ss->count;
	result = object_append(a->o, rows, ss->count * sizeof *rows) ? fail_errno(e, "sites") : 0;
out:
	free(rows);
	return result;
}

/* DT_INIT of a library is entered before anything else of it; one that has none gives up what it can spare.
 */
static int hook_init(struct added *a, uint64_t entry, struct error *e)
{
	struct object *o = a->o;
	const Elf64_Phdr *dynamic = NULL;
	uint64_t spare = 0;

	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_DYNAMIC)
			dynamic = o->ph + i;
	for (uint64_t at = 0; dynamic && at + 2 * sizeof(Elf64_Dyn) <= dynamic->p_filesz;
	     at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn dyn, next;

		memcpy(&dyn, o->data + dynamic->p_offset + at, sizeof dyn);
		memcpy(&next, o->data + dynamic->p_offset + at + sizeof dyn, sizeof next);
		if (dyn.d_tag == DT_INIT) {
			a->block.init = (int64_t)(dyn.d_un.d_ptr - a->address);
			spare = dynamic->p_offset + at;
			break;
		}
		/* A count that only saves time, or one of several terminators. */
		if (dyn.d_tag == DT_RELACOUNT || (dyn.d_tag == DT_NULL && next.d_tag == DT_NULL && !spare))
			spare = dynamic->p_offset + at;
		if (dyn.d_tag == DT_NULL)
			break;
	}
	if (!spare)
		return fail(e, STATUS_UNSUPPORTED, ".dynamic", dynamic ? dynamic->p_offset : NO_OFFSET,
		            "the library has no DT_INIT, and no entry to spare for one");
	Elf64_Dyn init = {.d_tag = DT_INIT, .d_un.d_ptr = entry};
	if (object_patch(o, spare, &init, sizeof init))
		return fail_errno(e, "edits");
	return 0;
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

/* At most that is appended. */
static uint64_t room_for(const struct object *o, const struct sites *ss)
{
	uint64_t room = (uint64_t)(blob_runtime_end - blob_runtime) +
	                ss->count * (sizeof(struct syslayer_site) + TRAMPOLINE_MAX + TRAMPOLINE_ALIGN) +
	                2 * TRAMPOLINE_ALIGN;

	/* Unwind information, and the table by which it is searched. */
	room += ss->count * 256 + 4096;
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_GNU_EH_FRAME)
			room += 2 * o->ph[i].p_filesz;
	return room;
}

static int append_code(struct added *a, const struct sites *ss, size_t rewritten, struct error *e)
{
	struct runtime_entries entries;
	struct unwind u = {0};
	struct gates g;
	int result = -1;

	if (append_runtime(a, &entries, e))
		goto out;
	g = (struct gates){.call = a->address + entries.gate, .ask = a->address + entries.ask};
	u.gate = a->address + entries.gate;
	u.gate_end = a->address + entries.gate_end;
	if (append_sites(a, ss, &g, &u, e) || (unwind_is_needed(a, rewritten) && unwind_append(a, &u, e)))
		goto out;
	if (is_program(a->o)) {
		a->block.entry = (int64_t)(a->o->eh.e_entry - a->address);
		a->o->eh.e_entry = a->address + entries.start;
		result = 0;
	} else {
		result = hook_init(a, a->address + entries.init, e);
	}
out:
	unwind_free(&u);
	return result;
}

static int add_all(struct object *o, uint64_t size, unsigned flags, const struct sites *ss,
                   const struct rewrite_result *r, bool runtime, struct error *e)
{
	struct added a;
	int result;

	if (added_begin(&a, o, size, flags, room_for(o, ss), e))
		return -1;
	result = (runtime && append_code(&a, ss, r->rewritten, e)) || added_finish(&a, runtime, e) ? -1 : 0;
	free(a.debug_frame);
	return result;
}

int rewrite(struct object *o, uint64_t size, unsigned flags, bool anyway, struct rewrite_result *r,
            struct error *e)
{
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
	if (sites_find(&ss, o, e))
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
	result = add_all(o, size ? size : SYSLAYER_SIZE_DEFAULT, flags, &ss, r, calls || is_program(o), e);
out:
	sites_free(&ss);
	return result;
}
