// SPDX-License-Identifier: BSD-2-Clause
/* Puts the unwind information of what is added into the file, checks it, and takes it away. */
#include <stdlib.h>
#include <string.h>
#include "unwind-plan.h"
#include "verify.h"

bool unwind_is_needed(const struct added *a, size_t rewritten)
{
	return rewritten || section_by_name(a->o, ".syslayer.calls");
}

/* What entry i of the table is when it has been edited. */
static struct unwind_entry edited_entry(const struct unwind_plan *p, uint32_t i)
{
	const struct unwind_table *t = &p->table;
	uint64_t frames = p->a->address + p->offset - t->address;

	if (i == p->record.index)
		return (struct unwind_entry){unwind_table_entry(t, i).start, (int32_t)(frames + p->fde[0])};
	if (i + 1 == t->count)
		return (struct unwind_entry){(int32_t)(p->start - t->address), (int32_t)(frames + p->fde[1])};
	return unwind_table_entry(t, i + 1);
}

static int edit_table(const struct unwind_plan *p, struct object *o, bool undo)
{
	const struct unwind_table *t = &p->table;
	uint32_t first = p->record.index, count = t->count - first;
	struct unwind_entry *entries = malloc(count * sizeof *entries);
	int result = -1;

	if (!entries)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		entries[i] = undo ? unwind_table_entry(t, first + i) : edited_entry(p, first + i);
	result =
	    object_patch(o, t->entries + (uint64_t)first * sizeof *entries, entries, count * sizeof *entries);
	free(entries);
	return result;
}

static Elf64_Phdr *find_phdr(const struct object *o)
{
	for (size_t i = o->phnum; i-- > 0;)
		if (o->ph[i].p_type == PT_GNU_EH_FRAME)
			return o->ph + i;
	return NULL;
}

static Elf64_Phdr header_phdr(const struct unwind_plan *p)
{
	const struct added *a = p->a;
	uint64_t size = UNWIND_HEADER_SIZE + (p->table.count + p->fills + 1ull) * sizeof(struct unwind_entry);

	return (Elf64_Phdr){
	    .p_type = PT_GNU_EH_FRAME,
	    .p_flags = PF_R,
	    .p_offset = a->offset + p->record.header,
	    .p_vaddr = a->address + p->record.header,
	    .p_paddr = a->address + p->record.header,
	    .p_filesz = size,
	    .p_memsz = size,
	    .p_align = 4,
	};
}

static int use_header(const struct unwind_plan *p, struct object *o)
{
	Elf64_Phdr own = header_phdr(p), *ph = find_phdr(o);

	if (!ph)
		return insert_phdr(o, o->phnum, &own);
	*ph = own;
	return 0;
}

int unwind_append(struct added *a, struct unwind *u, struct error *e)
{
	struct unwind_plan p = {0};
	uint64_t section;
	int result = -1;

	if (object_append_align(a->o, 8))
		return fail_errno(e, "unwind information");
	if (added_place_section(a, 0, e))
		return -1;
	/* The section lies behind the tables, and they say where: in more bytes where it is farther. */
	do {
		section = a->section;
		unwind_plan_free(&p);
		if (unwind_plan(&p, a, u, added_here(a), NULL, e) || added_place_section(a, p.block.size, e))
			goto out;
	} while (a->section > section);
	a->block.unwind = (uint32_t)p.offset;
	a->block.unwind_size = (uint32_t)p.block.size;
	if (object_append(a->o, p.block.p, p.block.size) || (p.record.header && use_header(&p, a->o)) ||
	    (p.record.count && !p.record.header && edit_table(&p, a->o, false))) {
		fail_errno(e, "unwind information");
		goto out;
	}
	unwind_keep_debug(a, &p);
	result = 0;
out:
	unwind_plan_free(&p);
	return result;
}

/* The record in the file; false: it cannot be one. */
static bool read_record(const struct added *a, struct syslayer_unwind *r)
{
	const void *p = added_at(a, a->block.unwind, sizeof *r);

	if (!p || a->block.unwind_size < sizeof *r)
		return false;
	memcpy(r, p, sizeof *r);
	return r->header || r->index < r->count || !r->count;
}

int unwind_verify(const struct added *a, struct unwind *u, struct error *e)
{
	uint64_t at = a->offset + a->block.unwind;
	const Elf64_Phdr *ph = find_phdr(a->o);
	struct syslayer_unwind r;
	const unsigned char *is;
	struct unwind_plan p = {0};
	int result = -1;

	if (!read_record(a, &r)) {
		WRONG(e, "unwind", at, "it does not say what was done to .eh_frame_hdr");
		goto out;
	}
	if (unwind_plan(&p, a, u, a->block.unwind, &r, e))
		goto out;
	/* Without section headers nothing tells where the FDEs of a program are that has no table of them. */
	if (!r.table && !a->o->shnum) {
		result = 0;
		goto out;
	}
	is = added_at(a, a->block.unwind, p.block.size);
	if (p.block.size != a->block.unwind_size || !is || memcmp(is, p.block.p, p.block.size) != 0) {
		WRONG(e, "unwind", at, "not what the trampolines must have");
		goto out;
	}
	if (p.record.header ? !ph || ph->p_vaddr != header_phdr(&p).p_vaddr
	                    : p.table.address && (!ph || ph->p_vaddr != p.table.address)) {
		WRONG(e, "PT_GNU_EH_FRAME", NO_OFFSET, "it does not lead to the unwind information");
		goto out;
	}
	for (uint32_t i = p.record.index; !p.record.header && i < p.record.count; i++) {
		struct unwind_entry must = edited_entry(&p, i);
		uint64_t where = p.table.entries + (uint64_t)i * sizeof must;

		if (memcmp(a->o->data + where, &must, sizeof must) != 0) {
			WRONG(e, ".eh_frame_hdr", where, "entry %u is not what it must be", i);
			goto out;
		}
	}
	if (!unwind_verify_debug(a, &p)) {
		WRONG(e, UNWIND_DEBUG_SECTION, NO_OFFSET, "not what the trampolines must have");
		goto out;
	}
	result = 0;
out:
	unwind_plan_free(&p);
	return result;
}

int unwind_undo(const struct added *a, struct error *e)
{
	struct unwind_plan p = {.a = a};

	if (!a->block.unwind)
		return 0;
	if (!read_record(a, &p.record))
		return fail(e, STATUS_TROUBLE, "unwind", a->offset + a->block.unwind, "damaged");
	unwind_table_open(&p.table, a, &p.record);
	if (!p.record.count || p.record.header)
		return 0;
	if (!p.table.frames || p.table.count != p.record.count)
		return fail(e, STATUS_TROUBLE, ".eh_frame_hdr", NO_OFFSET, "not the one that was edited");
	return edit_table(&p, a->o, true) ? fail_errno(e, "edits") : 0;
}
