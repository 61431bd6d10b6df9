// SPDX-License-Identifier: BSD-2-Clause
/*
 * The rows of what is added, all of them in one FDE, as the program's search table is not copied (it has 8
 * bytes for each function) and has no room: one entry is won by joining two functions of the program under
 * one FDE of ours, or the last one with what is added.
 */
#include <stdlib.h>
#include "unwind-plan.h"

/* Bytes of the jump in fill. */
#define FILL_JUMP 5

/* The row in force at an address, and up to where. */
struct at {
	uint64_t address, until;
	struct unwind_row row;
};

static int look(void *context, const struct unwind_row *row)
{
	struct at *at = context;

	if (row->address <= at->address)
		at->row = *row;
	else if (row->address < at->until)
		at->until = row->address;
	return 0;
}

static void find_row(struct at *at, const struct object *o, uint64_t fde, uint64_t address)
{
	struct fde f;

	*at = (struct at){.address = address, .until = address};
	if (fde && !fde_read(&f, o, fde) && address >= f.start && address < f.end) {
		at->until = f.end;
		if (!unwind_each_row(&f, look, at))
			return;
		at->until = address;
	}
	unwind_nothing_known(&at->row);
}

/* Trampolines are in the state of what they replace. */
static void describe_trampolines(struct unwind_plan *p, struct unwind_program *program,
                                 const struct unwind *u)
{
	struct at at = {0};
	unsigned looks = 0;
	uint64_t fde = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct unwind_mark *m = u->mark + i;
		struct unwind_row row;

		if (m->fde != fde || m->source < at.row.address || m->source >= at.until)
			find_row(&at, p->a->o, m->fde, m->source);
		if (m->fde != fde)
			object_look(p->a->o, &looks);
		fde = m->fde;
		row = at.row;
		row.address = m->address;
		if (m->lowered)
			unwind_lower(&row);
		unwind_program_row(program, &row);
	}
}

/* Upwards: the stubs of the runtime, the trampolines, the stubs of the section. */
static void describe_added(struct unwind_plan *p, struct unwind_program *program, const struct unwind *u,
                           bool debug)
{
	struct unwind_row row = {.address = u->gate};

	unwind_stub(&row, debug);
	unwind_program_row(program, &row);
	unwind_program_keep(program);
	row.address = u->gate_end;
	unwind_nothing_known(&row);
	unwind_program_row(program, &row);
	describe_trampolines(p, program, u);
	row.address = u->count ? u->end : row.address;
	unwind_nothing_known(&row);
	unwind_program_row(program, &row);
	row.address = p->a->section;
	unwind_stub(&row, debug);
	unwind_program_row(program, &row);
	program->end = p->a->section + p->a->section_size;
}

static int add_row(void *context, const struct unwind_row *row)
{
	unwind_program_row(context, row);
	return 0;
}

static int ignore_row(void *context, const struct unwind_row *row)
{
	(void)context;
	(void)row;
	return 0;
}

/* The FDE of entry i, if it can be joined with others: no personality, and nothing that is not understood. */
static bool joinable(const struct unwind_plan *p, uint32_t i, struct fde *f)
{
	struct unwind_entry e = unwind_table_entry(&p->table, i);
	uint64_t base = p->table.address;

	return !fde_read(f, p->a->o, base + (uint64_t)(int64_t)e.fde) && f->cie.plain &&
	       f->start == base + (uint64_t)(int64_t)e.start && !unwind_each_row(f, ignore_row, NULL);
}

/* Choose the entry that is won, and begin the programs with what was there. */
static bool join(struct unwind_plan *p)
{
	const struct unwind_table *t = &p->table;
	struct unwind_program *program = p->program;
	struct fde first, next = {.start = p->start};
	uint32_t i = t->count - 1;
	struct unwind_row gap;
	bool had = false, last;

	if (!t->count)
		return false;
	last = joinable(p, i, &first) && first.end <= next.start;
	/* From the start: there the linker's own code is, which nobody asks which function it is. */
	for (i = last ? i : 0; !last && i + 1 < t->count; i++) {
		bool has = joinable(p, i + 1, &next);

		if (i ? had : joinable(p, i, &first)) {
			if (has && first.end <= next.start)
				break;
		}
		first = next;
		had = has;
	}
	if (!last && i + 1 >= t->count)
		return false;
	p->record.index = i;
	p->record.fde = unwind_table_entry(t, i).fde;
	unwind_program_begin(program, first.start);
	unwind_each_row(&first, add_row, program);
	gap.address = first.end;
	unwind_nothing_known(&gap);
	if (first.end < next.start)
		unwind_program_row(program, &gap);
	program->end = next.end;
	p->programs = 1;
	if (last)
		return true;
	p->record.next = unwind_table_entry(t, i + 1).start;
	p->record.after = unwind_table_entry(t, i + 1).fde;
	unwind_each_row(&next, add_row, program);
	unwind_program_begin(++program, p->start);
	p->programs = 2;
	return true;
}

/* A jump in fill is in no function of the program's: it has an FDE of its own. */
static void describe_fill(struct unwind_plan *p, const struct unwind *u)
{
	p->fills = (unsigned)u->fills;
	for (size_t i = 0; i < u->fills; i++) {
		const struct unwind_mark *m = u->mark + u->fill[i].mark;
		struct unwind_program *program = p->program + p->programs++;
		struct at at;

		find_row(&at, p->a->o, m->fde, m->site);
		unwind_program_begin(program, u->fill[i].address);
		at.row.address = u->fill[i].address;
		unwind_program_row(program, &at.row);
		program->end = u->fill[i].address + FILL_JUMP;
	}
}

bool unwind_describe(struct unwind_plan *p, const struct unwind *u, bool usable, bool debug)
{
	/* No entry that could be won is where fill is. */
	bool joined = usable && p->table.address && !u->fills && join(p);

	if (!joined) {
		unwind_program_begin(p->program, p->start);
		p->programs = 1;
	}
	describe_added(p, p->program + p->programs - 1, u, debug);
	describe_fill(p, u);
	return joined;
}
