// SPDX-License-Identifier: BSD-2-Clause
/*
 * Chooses where in memory and in the file the added segments go, such that they stay usable when
 * other tools lay the file out anew.
 *
 * The distance of address and file offset is that of the first segment. Before Linux 5.18, in
 * qemu-user, and for dynamic linkers that look for their own program headers, the table lies at
 * e_phoff behind the ELF header; and patchelf takes that for granted.
 *
 * GNU strip, objcopy and llvm-strip move segments down in the file as far as p_align allows, so
 * the first of ours has a p_align that is larger than what lies between. It is one whole page:
 * GNU strip puts the table, which it makes anew, behind the end of what lies before, and in front
 * of the first section of the segment, where there must be room for it.
 */
#include <string.h>
#include "added.h"

/* It takes bits off a position-independent program's random address: 5 of 28. */
#define ALIGNMENT_MAX ((uint64_t)128 << 10)
#define ALIGNMENT_MAX_FIXED ((uint64_t)4 << 20)
/* More than that is not left free in the file: programs with very much BSS. */
#define HOLE_MAX ((uint64_t)64 << 20)
/* More than that is not moved: debug information. */
#define MOVE_MAX ((uint64_t)16 << 20)

static uint64_t align_up(uint64_t n, uint64_t alignment)
{
	return (n + alignment - 1) & ~(alignment - 1);
}

/* The end of what is loaded from the file. */
static uint64_t end_of_loads(const struct object *o)
{
	uint64_t end = 0;

	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_type == PT_LOAD && o->ph[i].p_filesz &&
		    o->ph[i].p_offset + o->ph[i].p_filesz > end)
			end = o->ph[i].p_offset + o->ph[i].p_filesz;
	return end;
}

/* Whether all from the offset on is sections that are not loaded, and their headers: no foreign bytes behind.
 */
static bool is_movable(const struct object *o, uint64_t from)
{
	uint64_t end = o->eh.e_shoff + o->shnum * sizeof *o->sh;

	if (o->size - from > MOVE_MAX || !o->shnum || o->eh.e_phoff > from || o->eh.e_shoff < from)
		return false;
	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (sh->sh_type == SHT_NOBITS || sh->sh_type == SHT_NULL)
			continue;
		if (sh->sh_offset + sh->sh_size > from && (sh->sh_offset < from || sh->sh_flags & SHF_ALLOC))
			return false;
		if (sh->sh_offset + sh->sh_size > end)
			end = sh->sh_offset + sh->sh_size;
	}
	for (size_t i = 0; i < o->phnum; i++)
		if (o->ph[i].p_filesz && o->ph[i].p_offset + o->ph[i].p_filesz > from)
			return false;
	return end == o->size;
}

/*
 * Linux before 6.10 maps no BSS of an interpreter but what is above all its file bytes
 * (load_elf_interp() of fs/binfmt_elf.c): what there is below gets bytes in the file, which
 * are zero as everything is that moves away from there.
 */
static int materialise_bss(struct added *a, struct error *e)
{
	struct object *o = a->o;

	for (size_t i = 0; i < o->phnum; i++) {
		Elf64_Phdr *ph = o->ph + i;

		if (ph->p_type != PT_LOAD || ph->p_filesz == ph->p_memsz)
			continue;
		if (!a->moved || ph->p_offset + ph->p_filesz != a->moved)
			return fail(e, STATUS_UNSUPPORTED, "p_filesz", ph->p_offset,
			            "the BSS of a dynamic linker, and no room for it in the file");
		for (size_t j = 1; j < o->shnum; j++)
			if (o->sh[j].sh_type == SHT_NOBITS && o->sh[j].sh_flags & SHF_ALLOC &&
			    !(o->sh[j].sh_flags & SHF_TLS) &&
			    o->sh[j].sh_addr >= ph->p_vaddr + ph->p_filesz &&
			    o->sh[j].sh_addr < ph->p_vaddr + ph->p_memsz) {
				o->sh[j].sh_type = SHT_PROGBITS;
				o->sh[j].sh_offset = o->sh[j].sh_addr - ph->p_vaddr + ph->p_offset;
			}
		ph->p_filesz = ph->p_memsz;
	}
	return 0;
}

int place_choose(struct added *a, struct error *e)
{
	struct object *o = a->o;
	const Elf64_Phdr *first = o->ph, *last = o->ph + last_load(o);
	uint64_t loaded = end_of_loads(o), front = added_front(&a->block), distance, address, offset;

	while (first->p_type != PT_LOAD)
		first++;
	distance = first->p_vaddr - first->p_offset;
	address = align_up(last->p_vaddr + last->p_memsz, SYSLAYER_PAGE);
	offset = align_up(o->size, SYSLAYER_PAGE);
	/* A tool that has added a segment at the end of the file may have given it a low address. */
	if (address - distance >= loaded && is_movable(o, loaded) &&
	    (address - distance < o->size || object_kind(o) == OBJECT_INTERPRETER))
		a->moved = loaded;
	else if (distance + offset > address)
		address = distance + offset;
	if (a->moved || address - distance - o->size <= HOLE_MAX)
		offset = address - distance;
	for (a->alignment = SYSLAYER_PAGE; a->alignment <= offset - loaded; a->alignment *= 2)
		;
	if (a->alignment > (o->eh.e_type == ET_DYN ? ALIGNMENT_MAX : ALIGNMENT_MAX_FIXED) ||
	    (address - offset) % a->alignment)
		a->alignment = SYSLAYER_PAGE;
	a->address = address + ADDED_UNDO_SIZE + front;
	a->offset = offset + ADDED_UNDO_SIZE + front;
	if (object_kind(o) == OBJECT_INTERPRETER && materialise_bss(a, e))
		return -1;
	object_tail(o, offset);
	return object_append(o, NULL, ADDED_UNDO_SIZE + front) ? fail_errno(e, "added segment") : 0;
}

int place_move(const struct added *a, uint64_t *moved_to)
{
	struct object *o = a->o;
	uint64_t from = a->moved, to;

	*moved_to = 0;
	if (!from)
		return 0;
	if (object_append_align(o, 64))
		return -1;
	/* At the same place in 64 bytes: nothing that is not loaded is aligned to more. */
	if (object_append(o, NULL, from % 64))
		return -1;
	to = *moved_to = object_end(o);
	object_append_moved(o, from);
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_type != SHT_NOBITS && !(o->sh[i].sh_flags & SHF_ALLOC) &&
		    o->sh[i].sh_offset >= from && o->sh[i].sh_offset < o->size)
			o->sh[i].sh_offset += to - from;
	return 0;
}
