// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes the unwind information of what is added. All of it is one FDE, as the program's search
 * table is not copied (it has 8 bytes for each function) and has no room: one entry is won by
 * joining two functions of the program under one FDE of ours, or the last one with what is added.
 */
#include <stdlib.h>
#include <string.h>
#include "undo.h"
#include "unwind.h"
#include "verify.h"

/* Programs: of what was joined, if that is not the last one, and of what is added; and one for each jump in
 * fill. */
#define PROGRAMS 2
/* Bytes of that jump. */
#define FILL_JUMP 5

struct plan {
	const struct added *a;
	uint64_t start;  /* of what is added */
	uint64_t offset; /* of what is made, in the block */
	struct unwind_table table;
	struct syslayer_unwind record;
	struct unwind_program *program;
	unsigned programs, fills; /* all of them; the last ones of these are of fill, ascending */
	struct unwind_bytes block, debug;
	uint64_t *fde, *debug_fde; /* where they are, in each */
};

static int add_fill(struct unwind *u, uint64_t address)
{
	if (u->fills == u->fill_room) {
		size_t room = 2 * u->fills + 16;
		struct unwind_fill *grown = realloc(u->fill, room * sizeof *grown);

		if (!grown)
			return -1;
		u->fill = grown;
		u->fill_room = room;
	}
	u->fill[u->fills++] = (struct unwind_fill){.address = address, .mark = u->count};
	return 0;
}

int unwind_add(struct unwind *u, const struct site *s, const struct trampoline *t, uint64_t address)
{
	uint64_t start = s->address - s->before;
	struct site_piece piece[SITE_PIECES];

	if (site_pieces(piece, s) > 1 && add_fill(u, piece[1].address))
		return -1;
	if (u->count + t->marks > u->room) {
		size_t room = 2 * (u->count + t->marks) + 256;
		struct unwind_mark *grown = realloc(u->mark, room * sizeof *grown);

		if (!grown)
			return -1;
		u->mark = grown;
		u->room = room;
	}
	for (unsigned i = 0; i < t->marks; i++)
		u->mark[u->count++] = (struct unwind_mark){
		    .address = address + t->mark[i].offset,
		    .source = start + t->mark[i].source,
		    .site = start,
		    .lowered = t->mark[i].lowered,
		};
	u->end = address + t->size;
	return 0;
}

void unwind_free(struct unwind *u)
{
	free(u->mark);
	free(u->fill);
	*u = (struct unwind){0};
}

bool unwind_is_needed(const struct added *a, size_t rewritten)
{
	return rewritten || section_by_name(a->o, ".syslayer.calls");
}

static int mark_fde(void *context, uint64_t address, uint64_t start, uint64_t end, const struct cie *cie)
{
	struct unwind *u = context;
	size_t low = 0, high = u->count;

	(void)cie;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->mark[middle].site < start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < u->count && u->mark[low].site < end; low++)
		u->mark[low].fde = address;
	return 0;
}

static void find_fdes(struct plan *p, struct unwind *u)
{
	unsigned looks = 0;

	if (!p->table.frames || !p->table.count) {
		each_fde(p->a->o, mark_fde, u);
		return;
	}
	for (size_t i = 0; i < u->count; i++) {
		if (i && u->mark[i].site == u->mark[i - 1].site) {
			u->mark[i].fde = u->mark[i - 1].fde;
			continue;
		}
		u->mark[i].fde = unwind_table_find(&p->table, u->mark[i].site);
		object_look(p->a->o, &looks);
	}
}

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
static void describe_trampolines(struct plan *p, struct unwind_program *program, const struct unwind *u)
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
static void describe_added(struct plan *p, struct unwind_program *program, const struct unwind *u, bool debug)
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
static bool joinable(const struct plan *p, uint32_t i, struct fde *f)
{
	struct unwind_entry e = unwind_table_entry(&p->table, i);
	uint64_t base = p->table.address;

	return !fde_read(f, p->a->o, base + (uint64_t)(int64_t)e.fde) && f->cie.plain &&
	       f->start == base + (uint64_t)(int64_t)e.start && !unwind_each_row(f, ignore_row, NULL);
}

/* Choose the entry that is won, and begin the programs with what was there. */
static bool join(struct plan *p)
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

static int by_address(const void *a, const void *b)
{
	const struct unwind_fill *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* A jump in fill is in no function of the program's: it has an FDE of its own. */
static void describe_fill(struct plan *p, const struct unwind *u)
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

static void put_entry(struct plan *p, uint64_t here, unsigned program)
{
	unwind_put_fixed(&p->block, p->program[program].start - here, 4);
	unwind_put_fixed(&p->block, p->a->address + p->offset + p->fde[program] - here, 4);
}

/* A header of our own: all entries of the program's, and ours. */
static void write_header(struct plan *p)
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
static bool in_reach(const struct plan *p, uint64_t end)
{
	return !p->table.address || end - p->table.address < INT32_MAX;
}

/* Make the programs. Returns whether an entry of the table was won. */
static bool describe(struct plan *p, const struct unwind *u, bool usable, bool debug)
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

static void free_programs(struct plan *p)
{
	for (unsigned i = 0; i < p->programs; i++)
		free(p->program[i].bytes.p);
}

/*
 * offset: in the block, where it will be; u: of all trampolines; edit: what has been done to the
 * program's table, or NULL.
 */
static int make(struct plan *p, const struct added *a, struct unwind *u, uint64_t offset,
                const struct syslayer_unwind *edit, struct error *e)
{
	const size_t programs = PROGRAMS + u->fills;
	bool joined, usable;

	*p = (struct plan){
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
	find_fdes(p, u);
	if (u->fills)
		qsort(u->fill, u->fills, sizeof *u->fill, by_address);
	usable = !p->table.address || (p->table.frames && in_reach(p, a->section + a->section_size));
	if (p->table.address)
		p->record.table = (int64_t)(p->table.address - a->address);
	if (usable)
		p->record.count = p->table.count;
	joined = describe(p, u, usable, false);
	unwind_put(&p->block, &p->record, sizeof p->record);
	unwind_write(&p->block, a->address + offset, false, p->program, p->programs, p->fde);
	if (usable && !joined)
		write_header(p);
	unwind_put_fixed(&p->block, 0, -p->block.size & 7);
	free_programs(p);
	describe(p, u, usable, true);
	unwind_write(&p->debug, 0, true, p->program, p->programs, p->debug_fde);
	free_programs(p);
	if (p->block.failed || p->debug.failed)
		return fail_errno(e, "unwind information");
	memcpy(p->block.p, &p->record, sizeof p->record);
	return 0;
}

static void plan_free(struct plan *p)
{
	free(p->program);
	free(p->fde);
	free(p->debug_fde);
	free(p->block.p);
	free(p->debug.p);
}

/* What entry i of the table is when it has been edited. */
static struct unwind_entry edited_entry(const struct plan *p, uint32_t i)
{
	const struct unwind_table *t = &p->table;
	uint64_t frames = p->a->address + p->offset - t->address;

	if (i == p->record.index)
		return (struct unwind_entry){unwind_table_entry(t, i).start, (int32_t)(frames + p->fde[0])};
	if (i + 1 == t->count)
		return (struct unwind_entry){(int32_t)(p->start - t->address), (int32_t)(frames + p->fde[1])};
	return unwind_table_entry(t, i + 1);
}

static int edit_table(const struct plan *p, struct object *o, bool undo)
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

/* As far as a program's own .debug_frame is copied; Go's and others' may be as large as the code. */
#define COPY_MAX 65536

static bool can_copy(const Elf64_Shdr *sh)
{
	return sh->sh_type == SHT_PROGBITS && !(sh->sh_flags & SHF_COMPRESSED) && sh->sh_size <= COPY_MAX;
}

/* What was made for the start of the section comes behind so many bytes: FDEs count from the start. */
static void move_debug(struct plan *p, uint64_t behind)
{
	for (unsigned i = 0; i < p->programs; i++) {
		uint32_t cie = (uint32_t)behind;

		memcpy(p->debug.p + p->debug_fde[i] + 4, &cie, sizeof cie);
	}
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

static Elf64_Phdr *find_phdr(const struct object *o)
{
	for (size_t i = o->phnum; i-- > 0;)
		if (o->ph[i].p_type == PT_GNU_EH_FRAME)
			return o->ph + i;
	return NULL;
}

static Elf64_Phdr header_phdr(const struct plan *p)
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

static int use_header(const struct plan *p, struct object *o)
{
	Elf64_Phdr own = header_phdr(p), *ph = find_phdr(o);

	if (!ph)
		return insert_phdr(o, o->phnum, &own);
	*ph = own;
	return 0;
}

int unwind_append(struct added *a, struct unwind *u, struct error *e)
{
	const Elf64_Shdr *debug = section_by_name(a->o, UNWIND_DEBUG_SECTION);
	struct plan p;
	int result = -1;

	if (object_append_align(a->o, 8))
		return fail_errno(e, "unwind information");
	if (make(&p, a, u, added_here(a), NULL, e))
		goto out;
	a->block.unwind = (uint32_t)p.offset;
	a->block.unwind_size = (uint32_t)p.block.size;
	if (object_append(a->o, p.block.p, p.block.size) || (p.record.header && use_header(&p, a->o)) ||
	    (p.record.count && !p.record.header && edit_table(&p, a->o, false))) {
		fail_errno(e, "unwind information");
		goto out;
	}
	if (debug && can_copy(debug))
		move_debug(&p, debug->sh_size);
	a->debug_frame = p.debug.p;
	a->debug_frame_size = p.debug.size;
	p.debug.p = NULL;
	result = 0;
out:
	plan_free(&p);
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

/* Whether the section is none that ours could be put behind: it is as it was, although it may have moved. */
static bool is_own_debug(const struct added *a, const Elf64_Shdr *sh, uint64_t ours)
{
	struct syslayer_undo u;

	if (sh->sh_flags & SHF_COMPRESSED || sh->sh_size > COPY_MAX + ours)
		return true;
	return undo_read(&u, a) && u.debug_frame > COPY_MAX;
}

/* It may be stripped, and that of the program may be too large to be copied. */
static bool verify_debug(const struct added *a, struct plan *p)
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

int unwind_verify(const struct added *a, struct unwind *u, struct error *e)
{
	uint64_t at = a->offset + a->block.unwind;
	const Elf64_Phdr *ph = find_phdr(a->o);
	struct syslayer_unwind r;
	const unsigned char *is;
	struct plan p = {0};
	int result = -1;

	if (!read_record(a, &r)) {
		WRONG(e, "unwind", at, "it does not say what was done to .eh_frame_hdr");
		goto out;
	}
	if (make(&p, a, u, a->block.unwind, &r, e))
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
	if (!verify_debug(a, &p)) {
		WRONG(e, UNWIND_DEBUG_SECTION, NO_OFFSET, "not what the trampolines must have");
		goto out;
	}
	result = 0;
out:
	plan_free(&p);
	return result;
}

int unwind_undo(const struct added *a, struct error *e)
{
	struct plan p = {.a = a};

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
