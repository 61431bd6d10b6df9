// SPDX-License-Identifier: BSD-2-Clause
/* Decodes stretches of the file's code. */
#include <stdlib.h>
#include <string.h>
#include "finder.h"

static bool has_code(const Elf64_Shdr *sh)
{
	return sh->sh_type == SHT_PROGBITS &&
	       (sh->sh_flags & (SHF_ALLOC | SHF_EXECINSTR)) == (SHF_ALLOC | SHF_EXECINSTR);
}

/* Whether sections say where code is. Sections that overlap would be decoded again and again. */
static bool has_code_sections(const struct object *o)
{
	uint64_t total = 0;

	for (size_t i = 1; i < o->shnum; i++) {
		if (!has_code(o->sh + i))
			continue;
		total += o->sh[i].sh_size;
		if (total > o->size)
			return false;
	}
	return total;
}

/* Sections know better than segments where code is; without them take the segments. */
int each_code(struct finder *f, on_code *call)
{
	const struct object *o = f->o;
	bool sections = has_code_sections(o);

	for (size_t i = 1; sections && i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;
		struct code c = {NULL, sh->sh_addr, sh->sh_size};

		if (!has_code(sh))
			continue;
		c.bytes = object_at(o, c.address, c.size);
		if (c.bytes && call(f, &c))
			return -1;
	}
	for (size_t i = 0; !sections && i < o->phnum; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		struct code c = {NULL, ph->p_vaddr, ph->p_filesz};

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X))
			continue;
		c.bytes = o->data + ph->p_offset;
		if (call(f, &c))
			return -1;
	}
	return 0;
}

int make_room_to_keep(struct finder *f)
{
	size_t room = f->kept_room ? 2 * f->kept_room : 64;
	struct decoded *grown;

	if (f->kept_count < f->kept_room)
		return 0;
	grown = realloc(f->kept, room * sizeof *grown);
	if (!grown)
		return -1;
	f->kept = grown;
	f->kept_room = room;
	return 0;
}

int keep_decoded(struct finder *f)
{
	struct decoded *d;

	if (!f->keep)
		return 0;
	f->keep = false;
	if (make_room_to_keep(f))
		return -1;
	d = f->kept + f->kept_count;
	*d = (struct decoded){f->from, f->to, malloc(f->count * sizeof *d->in), f->count};
	if (!d->in)
		return -1;
	memcpy(d->in, f->in, f->count * sizeof *d->in);
	f->kept_count++;
	return 0;
}

void free_decoded(struct finder *f)
{
	for (size_t i = 0; i < f->kept_count; i++)
		free(f->kept[i].in);
	free(f->kept);
	free(f->own);
}

/* Whether what was decoded from one address to another lies in c: sections may overlap. */
static bool is_of(const struct code *c, uint64_t from, uint64_t to)
{
	return from >= c->address && to - c->address <= c->size;
}

/* Whether what is kept has it: f->in is that then. */
static bool recall(struct finder *f, const struct code *c, uint64_t from, uint64_t to)
{
	size_t low = 0, high = f->kept_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->kept[middle].from <= from)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || to >= f->kept[low - 1].to || !is_of(c, f->kept[low - 1].from, f->kept[low - 1].to))
		return false;
	f->in = f->kept[low - 1].in;
	f->count = f->kept[low - 1].count;
	f->from = f->kept[low - 1].from;
	f->to = f->kept[low - 1].to;
	return true;
}

/* So much is decoded rather than looked for a place to begin at, bytes. */
#define GO_ON 8192

/*
 * Decode c from the last known start at or below the address up to the first known start
 * behind it. Starts in between resynchronise: data may lie between functions.
 */
int decode_around(struct finder *f, const struct code *c, uint64_t from, uint64_t to)
{
	const uint64_t start = (uint64_t)(c->bytes - f->o->data) - c->address; /* offset of address 0 */
	uint64_t next, at = c->address, behind;
	struct function fn;
	bool found;

	if (f->count && !is_of(c, f->from, f->to))
		f->count = 0;
	/* Much is asked for again at once. */
	if (f->count && from >= f->from && to < f->to)
		return 0;
	object_look(f->o, &f->looks);
	if (!f->keep && recall(f, c, from, to))
		return 0;
	found = functions_at(&f->functions, from, &fn, &next);
	if (found && fn.start > c->address)
		at = fn.start;
	/* What lies near behind is decoded at once: code that is all alike never falls into step. */
	if ((!found || from >= fn.end) &&
	    !(f->count && f->in == f->own && from >= f->from && from <= f->to + GO_ON && at <= f->to))
		at = synchronise(f, c, at, from);
	if (f->count && f->in == f->own && from >= f->from && at <= f->to) {
		at = f->to; /* and more, in ascending order */
	} else {
		if (keep_decoded(f))
			return -1;
		f->count = 0;
	}
	functions_at(&f->functions, at, &fn, &next);
	behind = start + at;
	while (at < c->address + c->size) {
		struct instruction in = {.address = at};

		object_pass(f->o, &behind, start + at);
		if (at >= next) {
			at = in.address = next;
			functions_at(&f->functions, at, &fn, &next);
			if (at > to || at >= c->address + c->size)
				break;
		}
		decode(&f->decoder, c->bytes + (at - c->address), c->address + c->size - at, &in);
		if (f->count == f->room) {
			size_t room = f->room ? 2 * f->room : 512;
			struct instruction *grown = realloc(f->own, room * sizeof *grown);

			if (!grown)
				return -1;
			f->own = grown;
			f->room = room;
		}
		f->own[f->count++] = in;
		/* Data before a known start may look like an instruction that goes over it. */
		at = in.length > next - at ? next : at + in.length;
		if (at > to)
			break;
	}
	f->in = f->own;
	f->from = f->count ? f->in[0].address : 0;
	f->to = f->count ? at : 0;
	return 0;
}

size_t instruction_from(const struct finder *f, uint64_t address)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->in[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t instruction_at(const struct finder *f, uint64_t address)
{
	size_t i = instruction_from(f, address);

	return i < f->count && f->in[i].address == address ? i : SIZE_MAX;
}
