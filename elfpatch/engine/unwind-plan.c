// SPDX-License-Identifier: BSD-2-Clause
/* Lays the unwind information of what is added out: record, FDEs, and a search table if the program's is of
 * no use. */
#include <stdlib.h>
#include <string.h>
#include "unwind-plan.h"

/* Programs: of what was joined, if that is not the last one, and of what is added; and one for each jump in
 * fill. */
#define PROGRAMS 2

static void put_entry(struct unwind_plan *p, uint64_t here, unsigned program)
{
	unwind_put_fixed(&p->block, p->program[program].start - here, 4);
	unwind_put_fixed(&p->block, p->a->address + p->offset + p->fde[program] - here, 4);
}

/* A header of our own: all entries of the program's, and ours. */
static void write_header(struct unwind_plan *p)
{
	const struct unwind_table *t = &p->table;
	unsigned own = p->programs - p->fills, fill = own;
	uint64_t here, frames, moved;

	p->record.header = (uint32_t)(p->offset + p->block.size);
	here = p->a->address + p->record.header;
	frames = t->address ? t->frames : p->a->address + p->offset + sizeof p->record;
	moved = t->address - here;
	unwind_put(&p->block, unwind_table_form, sizeof unwind_table_form);
	unwind_put_fixed(&p->block, frames - (here + 4), 4);
	unwind_put_fixed(&p->block, t->count + p->fills + 1, 4);
	for (uint32_t i = 0; i < t->count; i++) {
		struct unwind_entry e = unwind_table_entry(t, i);

		while (fill < p->programs && p->program[fill].start < t->address + (uint64_t)(int64_t)e.start)
			put_entry(p, here, fill++);
		unwind_put_fixed(&p->block, (uint64_t)(int64_t)e.start + moved, 4);
		unwind_put_fixed(&p->block, (uint64_t)(int64_t)e.fde + moved, 4);
	}
	while (fill < p->programs)
		put_entry(p, here, fill++);
	put_entry(p, here, own - 1);
}

/* Entries of the table are 32 bits wide, from its address. */
static bool in_reach(const struct unwind_plan *p, uint64_t end)
{
	return !p->table.address || end - p->table.address < INT32_MAX;
}

static void free_programs(struct unwind_plan *p)
{
	for (unsigned i = 0; i < p->programs; i++)
		free(p->program[i].bytes.p);
}

int unwind_plan(struct unwind_plan *p, const struct added *a, struct unwind *u, uint64_t offset,
                const struct syslayer_unwind *edit, struct error *e)
{
	const size_t programs = PROGRAMS + u->fills;
	bool joined, usable;

	*p = (struct unwind_plan){
	    .a = a,
	    .start = u->gate,
	    .offset = offset,
	    .program = calloc(programs, sizeof *p->program),
	    .fde = calloc(programs, sizeof *p->fde),
	    .debug_fde = calloc(programs, sizeof *p->debug_fde),
	};
	if (!p->program || !p->fde || !p->debug_fde)
		return fail_errno(e, "unwind information");
	unwind_table_open(&p->table, a, edit);
	unwind_arrange(u, &p->table);
	usable = !p->table.address || (p->table.frames && in_reach(p, a->section + a->section_size));
	if (p->table.address)
		p->record.table = (int64_t)(p->table.address - a->address);
	if (usable)
		p->record.count = p->table.count;
	joined = unwind_describe(p, u, usable, false);
	unwind_put(&p->block, &p->record, sizeof p->record);
	unwind_write(&p->block, a->address + offset, false, p->program, p->programs, p->fde);
	if (usable && !joined)
		write_header(p);
	unwind_put_fixed(&p->block, 0, -p->block.size & 7);
	free_programs(p);
	unwind_describe(p, u, usable, true);
	unwind_write(&p->debug, 0, true, p->program, p->programs, p->debug_fde);
	free_programs(p);
	if (p->block.failed || p->debug.failed)
		return fail_errno(e, "unwind information");
	memcpy(p->block.p, &p->record, sizeof p->record);
	return 0;
}

void unwind_plan_free(struct unwind_plan *p)
{
	free(p->program);
	free(p->fde);
	free(p->debug_fde);
	free(p->block.p);
	free(p->debug.p);
}
