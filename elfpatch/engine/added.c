// SPDX-License-Identifier: BSD-2-Clause
/* Builds the added segment, and finds it again. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "added.h"
#include "blobs.h"
#include "undo.h"
#include "unwind.h"

#define NOTE_SIZE offsetof(struct syslayer_added, version)

/* The two segments, the section, the note. */
#define ADDED_PHDRS 4
/* For stamp, which makes two segments of the section's one; and patchelf adds one, and splits notes. */
#define SPARE_PHDRS 4

int added_begin(struct added *a, struct object *o, uint64_t size, unsigned flags, bool executable,
                struct error *e)
{
	memset(a, 0, sizeof *a);
	a->o = o;
	a->section_size = size;
	a->executable = executable;
	if (size % SYSLAYER_PAGE || size < SYSLAYER_SLOTS_SIZE || size > SYSLAYER_SIZE_MAX)
		return fail(e, STATUS_TROUBLE, "size", NO_OFFSET,
		            "%" PRIu64 " bytes: a section has whole pages, from %d to %d bytes", size,
		            SYSLAYER_SLOTS_SIZE, SYSLAYER_SIZE_MAX);
	if (section_by_name(o, SYSLAYER_ADDED_NOTE_SECTION) ||
	    section_by_name(o, SYSLAYER_ADDED_TEXT_SECTION))
		return fail(e, STATUS_UNSUPPORTED, "section names", NO_OFFSET,
		            "there is a section %s or %s, and no note in it", SYSLAYER_ADDED_NOTE_SECTION,
		            SYSLAYER_ADDED_TEXT_SECTION);
	/* It grows, and moves. */
	if (o->shstrndx && o->sh[o->shstrndx].sh_flags & SHF_ALLOC)
		return fail(e, STATUS_UNSUPPORTED, "e_shstrndx", offsetof(Elf64_Ehdr, e_shstrndx),
		            "the table of names is loaded");
	if (check_offsets(o, UINT64_MAX, STATUS_UNSUPPORTED, e))
		return -1;
	a->block.phdr_room = (uint32_t)o->phnum + ADDED_PHDRS + SPARE_PHDRS;
	reserve_release(o);
	if (place_choose(a, e))
		return -1;
	a->block = (struct syslayer_added){
	    .namesz = SYSLAYER_NOTE_NAME_LEN,
	    .descsz = sizeof a->block.note,
	    .type = SYSLAYER_NOTE_TYPE,
	    .name = SYSLAYER_NOTE_NAME,
	    .note =
	        {
	            .version = SYSLAYER_NOTE_VERSION,
	            .machine = o->eh.e_machine,
	            .flags = (uint16_t)flags,
	            .size = size,
	            .slot_size = SYSLAYER_SLOT_SIZE,
	            .slot_count = SYSLAYER_SLOT_COUNT,
	            .abi_version = SYSLAYER_ABI_VERSION,
	            .abi = SYSLAYER_ABI_LINUX_X86_64,
	        },
	    .version = SYSLAYER_ADDED_VERSION,
	    .phdr_room = a->block.phdr_room,
	};
	if (object_append(o, &a->block, sizeof a->block))
		return fail_errno(e, "added segment");
	return 0;
}

static bool has_native(const struct added *a)
{
	return a->executable && !a->block.forward;
}

/*
 * No page is free in between: the kernel would put the vDSO there, and elfutils would take what is behind it
 * for another file. But one page is in a dynamic linker: glibc (from 2.35 on) finds code of its own for
 * unwinders up to its symbol _end, or, if its segments leave a page between them, by these.
 */
int added_place_section(struct added *a, uint64_t more, struct error *e)
{
	uint64_t end = added_here_address(a) + more;

	end = ((end + 7) & ~7ull) + a->block.phdr_room * sizeof *a->o->ph;
	end = (end + SYSLAYER_PAGE - 1) & ~(uint64_t)(SYSLAYER_PAGE - 1);
	if (has_native(a))
		end += (uint64_t)(blob_native_end - blob_native);
	if (object_kind(a->o) == OBJECT_INTERPRETER)
		end += SYSLAYER_PAGE;
	if (end >> 46 || (end + a->section_size) >> 46)
		return fail(e, STATUS_UNSUPPORTED, "p_vaddr", NO_OFFSET, "no room above the last segment");
	if (a->section < end)
		a->section = a->block.note.address = end;
	a->block.section = (int64_t)(a->section - a->address);
	return 0;
}

/*
 * The stubs end the segment: when the runtime moves them to the section, one mapping
 * becomes two, and the program headers stay where AT_PHDR says.
 */
static int append_native(struct added *a)
{
	if (object_append_align(a->o, SYSLAYER_PAGE))
		return -1;
	a->block.native = (uint32_t)added_here(a);
	return object_append(a->o, blob_native, (uint64_t)(blob_native_end - blob_native));
}

static int add_segments(struct added *a)
{
	struct object *o = a->o;
	Elf64_Phdr load = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | (a->executable ? PF_X : 0),
	    .p_offset = a->offset - added_front(&a->block),
	    .p_vaddr = a->address - added_front(&a->block),
	    .p_paddr = a->address - added_front(&a->block),
	    .p_align = SYSLAYER_PAGE,
	};
	Elf64_Phdr section = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R | PF_W,
	    .p_vaddr = a->section,
	    .p_paddr = a->section,
	    .p_memsz = a->section_size,
	    .p_align = SYSLAYER_PAGE,
	};
	Elf64_Phdr note = {
	    .p_type = PT_NOTE,
	    .p_flags = PF_R,
	    .p_offset = a->offset,
	    .p_vaddr = a->address,
	    .p_paddr = a->address,
	    .p_filesz = NOTE_SIZE,
	    .p_memsz = NOTE_SIZE,
	    .p_align = 8,
	};
	Elf64_Phdr undo = {
	    .p_type = PT_LOAD,
	    .p_flags = PF_R,
	    .p_offset = load.p_offset - ADDED_UNDO_SIZE,
	    .p_vaddr = load.p_vaddr - ADDED_UNDO_SIZE,
	    .p_paddr = load.p_vaddr - ADDED_UNDO_SIZE,
	    .p_filesz = ADDED_UNDO_SIZE,
	    .p_memsz = ADDED_UNDO_SIZE,
	    .p_align = a->alignment,
	};
	/* By its own, a library tells a dynamic linker's load bias when that is run as a program. */
	Elf64_Phdr phdr = {.p_type = PT_PHDR, .p_flags = PF_R, .p_align = 8};
	size_t at;
	uint64_t table, bytes;

	if (object_kind(o) == OBJECT_INTERPRETER && insert_phdr(o, 0, &phdr))
		return -1;
	at = last_load(o) + 1;

	if (insert_phdr(o, at, &section) || insert_phdr(o, at, &load) || insert_phdr(o, at, &undo) ||
	    insert_phdr(o, o->phnum, &note) || object_append_align(o, 8))
		return -1;
	a->block.phdrs = (uint32_t)added_here(a);
	bytes = o->phnum * sizeof *o->ph;
	table = object_end(o);
	o->eh.e_phoff = table;
	for (size_t i = 0; i < o->phnum; i++) {
		if (o->ph[i].p_type != PT_PHDR)
			continue;
		o->ph[i].p_offset = table;
		o->ph[i].p_vaddr = o->ph[i].p_paddr = added_here_address(a);
		o->ph[i].p_filesz = o->ph[i].p_memsz = bytes;
	}
	if (object_append(o, NULL, a->block.phdr_room * sizeof *o->ph) || (has_native(a) && append_native(a)))
		return -1;
	a->block.size = (uint32_t)added_here(a);
	o->ph[at + 1].p_filesz = o->ph[at + 1].p_memsz = added_front(&a->block) + a->block.size;
	memcpy(o->tail + (table - o->tail_offset), o->ph, bytes);
	return 0;
}

int added_finish(struct added *a, struct error *e)
{
	const char *names[5];
	size_t count = 0;
	struct object *o = a->o;
	Elf64_Shdr note = {
	    .sh_type = SHT_NOTE,
	    .sh_flags = SHF_ALLOC,
	    .sh_addr = a->address,
	    .sh_offset = a->offset,
	    .sh_size = NOTE_SIZE,
	    .sh_addralign = 8,
	};
	Elf64_Shdr undo = {
	    .sh_type = SHT_PROGBITS,
	    .sh_flags = SHF_ALLOC,
	    .sh_addr = a->address - added_front(&a->block) - ADDED_UNDO_SIZE,
	    .sh_offset = a->offset - added_front(&a->block) - ADDED_UNDO_SIZE,
	    .sh_size = ADDED_UNDO_SIZE,
	    .sh_addralign = SYSLAYER_PAGE,
	};
	Elf64_Shdr text = {
	    .sh_type = SHT_PROGBITS,
	    .sh_flags = SHF_ALLOC | (a->executable ? SHF_EXECINSTR : 0),
	    .sh_addr = a->address + NOTE_SIZE,
	    .sh_offset = a->offset + NOTE_SIZE,
	    .sh_addralign = 8,
	};
	unsigned char *block;
	uint64_t moved_to;
	bool is_new;

	if (!section_by_name(o, SYSLAYER_SECTION))
		names[count++] = SYSLAYER_SECTION;
	if (reserve_section(a, e))
		return -1;
	if (add_segments(a))
		return fail_errno(e, "added segment");
	if (a->address + a->block.size > a->section)
		return fail(e, STATUS_UNSUPPORTED, SYSLAYER_ADDED_TEXT_SECTION, a->offset,
		            "it grew into the section");
	text.sh_size = a->block.size - NOTE_SIZE;
	block = o->tail + (a->offset - o->tail_offset);
	a->block.checksum = 0;
	memcpy(block, &a->block, sizeof a->block);
	a->block.checksum = added_checksum(&a->block, block);
	memcpy(block, &a->block, sizeof a->block);
	if (place_move(a, &moved_to))
		return fail_errno(e, "sections");
	if (a->undo)
		undo_finish(a, a->undo, a->moved, moved_to);
	if (unwind_append_debug(a, &is_new))
		return fail_errno(e, "unwind information");
	if (is_new)
		names[count++] = UNWIND_DEBUG_SECTION;
	names[count++] = SYSLAYER_ADDED_UNDO_SECTION;
	names[count++] = SYSLAYER_ADDED_NOTE_SECTION;
	names[count++] = SYSLAYER_ADDED_TEXT_SECTION;
	if (append_shdr(o, &undo) || append_shdr(o, &note) || append_shdr(o, &text) ||
	    append_section_headers(o, names, count) || object_patch(o, 0, &o->eh, sizeof o->eh))
		return fail_errno(e, "section headers");
	return 0;
}

const void *added_at(const struct added *a, uint64_t offset, uint64_t length)
{
	return in_bounds(offset, length, a->block.size) ? object_at(a->o, a->address + offset, length) : NULL;
}

/* Our note in [offset, offset + size) of the file: its place there, or 0. */
static uint64_t find_note(const struct object *o, uint64_t offset, uint64_t size)
{
	while (in_bounds(offset, sizeof(Elf64_Nhdr), o->size) && size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		uint64_t name, total;

		memcpy(&nh, o->data + offset, sizeof nh);
		name = ((uint64_t)nh.n_namesz + 3) & ~3ull;
		total = sizeof nh + name + (((uint64_t)nh.n_descsz + 3) & ~3ull);
		if (total > size || !in_bounds(offset, total, o->size))
			return 0;
		if (nh.n_namesz == SYSLAYER_NOTE_NAME_LEN && nh.n_type == SYSLAYER_NOTE_TYPE &&
		    !memcmp(o->data + offset + sizeof nh, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN))
			return offset;
		offset += total;
		size -= total;
	}
	return 0;
}

static int check_note(const struct added *a, struct error *e)
{
	const struct syslayer_note *n = &a->block.note;

#define NOTE(field) "note " #field, a->offset + offsetof(struct syslayer_added, note.field)
	if (a->block.descsz < sizeof *n)
		return fail(e, STATUS_TROUBLE, "note n_descsz", a->offset + 4, "%u bytes, must be %zu",
		            a->block.descsz, sizeof *n);
	if (n->version != SYSLAYER_NOTE_VERSION)
		return fail(e, STATUS_UNSUPPORTED, NOTE(version), "version %u is not known", n->version);
	if (n->machine != a->o->eh.e_machine)
		return fail(e, STATUS_TROUBLE, NOTE(machine), "%u is not the file's", n->machine);
	if (n->slot_size != SYSLAYER_SLOT_SIZE)
		return fail(e, STATUS_UNSUPPORTED, NOTE(slot_size), "%u bytes", n->slot_size);
	if (n->size % SYSLAYER_PAGE || n->size > SYSLAYER_SIZE_MAX ||
	    n->size < (uint64_t)n->slot_count * n->slot_size)
		return fail(e, STATUS_TROUBLE, NOTE(size), "0x%" PRIx64 " is no size of a section", n->size);
	if (n->address % SYSLAYER_PAGE || n->address >> 46)
		return fail(e, STATUS_TROUBLE, NOTE(address), "0x%" PRIx64 " is no address of a section",
		            n->address);
	if (memchr(n->abi, 0, sizeof n->abi) == NULL)
		return fail(e, STATUS_TROUBLE, NOTE(abi), "the name is not terminated");
#undef NOTE
	return 0;
}

bool added_find(struct object *o, struct added *a, struct error *e)
{
	uint64_t at = 0, address = 0;

	memset(a, 0, sizeof *a);
	a->o = o;
	e->status = STATUS_OK;
	for (size_t i = 0; i < o->phnum && !at; i++)
		if (o->ph[i].p_type == PT_NOTE) {
			at = find_note(o, o->ph[i].p_offset, o->ph[i].p_filesz);
			address = at - o->ph[i].p_offset + o->ph[i].p_vaddr;
		}
	if (!at)
		return false;
	a->offset = at;
	a->address = address;
	if (!in_bounds(at, sizeof a->block, o->size)) {
		fail(e, STATUS_TROUBLE, "note", at, "truncated");
		return false;
	}
	memcpy(&a->block, o->data + at, sizeof a->block);
	if (check_note(a, e))
		return false;
	a->section = a->block.note.address;
	a->section_size = a->block.note.size;
	if (a->block.version != SYSLAYER_ADDED_VERSION ||
	    a->address + (uint64_t)a->block.section != a->section || a->block.size < sizeof a->block ||
	    added_at(a, 0, a->block.size) != o->data + at) {
		fail(e, STATUS_TROUBLE, SYSLAYER_ADDED_TEXT_SECTION,
		     at + offsetof(struct syslayer_added, version), "the block behind the note is damaged");
		return false;
	}
	return true;
}

int added_find_again(struct object *o, struct added *a, struct error *e)
{
	if (added_find(o, a, e))
		return 0;
	return e->status ? -1 : fail(e, STATUS_TROUBLE, "note", NO_OFFSET, "not found again");
}
