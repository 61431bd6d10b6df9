// SPDX-License-Identifier: BSD-2-Clause
/* Checks the added segment piece by piece: each byte of it belongs to a piece, or is padding. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslayer/image.h>
#include "blobs.h"
#include "undo.h"
#include "verify.h"

struct piece {
	const char *name;
	uint64_t offset, size;
};

#define BLOCK(a, field) "block " #field, (a)->offset + offsetof(struct syslayer_added, field)

static uint64_t native_size(void)
{
	return (uint64_t)(blob_native_end - blob_native);
}

static int by_offset(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return a->size < b->size ? -1 : a->size > b->size;
}

static int verify_pieces(const struct added *a, struct error *e)
{
	const struct syslayer_added *b = &a->block;
	const unsigned char *bytes = added_at(a, 0, b->size);
	struct piece piece[] = {
	    {"the block", 0, sizeof *b},
	    {"the runtime", b->runtime, b->runtime_size},
	    {"the trampolines", b->trampolines, b->trampolines_size},
	    {"the table of sites", b->sites, site_rows_size(a)},
	    {"the unwind information", b->unwind, b->unwind_size},
	    {"the native stubs", b->native, b->native ? native_size() : 0},
	    {"the program headers", b->phdrs, (uint64_t)b->phdr_room * sizeof(Elf64_Phdr)},
	};
	const size_t count = sizeof piece / sizeof *piece;
	uint64_t end = 0;

	qsort(piece, count, sizeof *piece, by_offset);
	for (size_t i = 0; i < count; i++) {
		if (!piece[i].size)
			continue;
		if (piece[i].offset < end || !in_bounds(piece[i].offset, piece[i].size, b->size))
			return WRONG(e, SYSLAYER_ADDED_TEXT_SECTION, a->offset, "%s: out of its place",
			             piece[i].name);
		for (; end < piece[i].offset; end++)
			if (bytes[end])
				return WRONG(e, SYSLAYER_ADDED_TEXT_SECTION, a->offset + end,
				             "0x%02x in the padding before %s", bytes[end], piece[i].name);
		end = piece[i].offset + piece[i].size;
	}
	return end == b->size
	           ? 0
	           : WRONG(e, BLOCK(a, size), "%u bytes, and its parts end at %" PRIu64, b->size, end);
}

/* Runtime and native stubs: those of this very version. */
static int verify_blobs(const struct added *a, struct error *e)
{
	const struct syslayer_added *b = &a->block;
	const unsigned char *runtime = blob_runtime + sizeof *b, *bytes;
	uint64_t size = (uint64_t)(blob_runtime_end - runtime);

	if (!b->runtime)
		return b->runtime_size || b->native || b->sites || b->site_count || b->trampolines ||
		               b->trampolines_size || b->entry || b->forward || b->linker || b->unwind ||
		               b->unwind_size
		           ? WRONG(e, BLOCK(a, runtime), "there is none, but what belongs to it")
		           : 0;
	bytes = added_at(a, b->runtime, size);
	if (b->runtime != sizeof *b || b->runtime_size != size || !bytes)
		return WRONG(e, BLOCK(a, runtime_size), "0x%x at 0x%x: not this version's runtime",
		             b->runtime_size, b->runtime);
	for (uint64_t i = 0; i < size; i++)
		if (bytes[i] != runtime[i])
			return WRONG(e, "runtime", a->offset + b->runtime + i, "0x%02x, must be 0x%02x",
			             bytes[i], runtime[i]);
	if (b->forward)
		return b->native ? WRONG(e, BLOCK(a, native), "native stubs, and stubs in the section") : 0;
	bytes = added_at(a, b->native, native_size());
	if (!b->native || !bytes || (a->address + b->native) % SYSLAYER_PAGE)
		return WRONG(e, BLOCK(a, native), "0x%x is no place for the native stubs", b->native);
	for (uint64_t i = 0; i < native_size(); i++)
		if (bytes[i] != blob_native[i])
			return WRONG(e, "native", a->offset + b->native + i, "0x%02x, must be 0x%02x",
			             bytes[i], blob_native[i]);
	return 0;
}

static int verify_block(const struct added *a, struct error *e)
{
	const struct syslayer_added *b = &a->block;
	const unsigned char *bytes = added_at(a, 0, b->size);
	static const char name[sizeof b->name] = SYSLAYER_NOTE_NAME;
	static const char abi[SYSLAYER_ABI_NAME_LEN] = SYSLAYER_ABI_LINUX_X86_64;
	uint32_t sum;

	if (b->descsz != sizeof b->note || memcmp(b->name, name, sizeof name) != 0)
		return WRONG(e, "note n_descsz", a->offset + 4,
		             "%u bytes, must be %zu; or the name is not padded", b->descsz, sizeof b->note);
	if (memcmp(b->note.abi, abi, sizeof abi) != 0 || b->note.abi_version != SYSLAYER_ABI_VERSION)
		return WRONG(e, BLOCK(a, note.abi), "not version %d of %s", SYSLAYER_ABI_VERSION, abi);
	if (b->note.flags & ~SYSLAYER_NOTE_REQUIRED || b->note.reserved)
		return WRONG(e, BLOCK(a, note.flags), "flags that are not known");
	if (b->note.slot_count != SYSLAYER_SLOT_COUNT)
		return WRONG(e, BLOCK(a, note.slot_count), "%u slots, must be %d", b->note.slot_count,
		             SYSLAYER_SLOT_COUNT);
	if (!in_bounds(b->phdrs, 0, b->size) || b->phdrs < sizeof *b)
		return WRONG(e, BLOCK(a, phdrs), "0x%x lies outside of the block", b->phdrs);
	if (verify_blobs(a, e) || verify_pieces(a, e))
		return -1;
	/* Last, as what the others find says more. */
	sum = added_checksum(b, bytes);
	return sum == b->checksum
	           ? 0
	           : WRONG(e, BLOCK(a, checksum), "the segment's bytes sum up to 0x%08x, must be 0x%08x", sum,
	                   b->checksum);
}

/* The image of a stamped file, and that the file is as stamp left it. */
static int verify_image(const struct added *a, const struct section_phdrs *s, struct error *e)
{
	const struct object *o = a->o;
	const Elf64_Phdr *ph = o->ph + s->image;
	unsigned char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8)));
	struct stamp_record r;
	const char *why;

	memcpy(head, o->data + ph->p_offset, sizeof head);
	why = is_forward(a, s) ? NULL : syslayer_image_check(head, ph->p_filesz, &a->block.note);
	if (!why && syslayer_image_header(head)->size != ph->p_filesz)
		why = "its segment has another size";
	if (why)
		return WRONG(e, "image", ph->p_offset, "%s", why);
	/* Where other tools have written the file anew there is no record, and nothing to say about it. */
	if (o->eh.e_phoff == a->offset + a->block.phdrs && !stamp_record_find(&r, a, s) &&
	    stamp_record_left(a, s))
		return WRONG(e, "stamp", ph->p_offset, "the file has changed since it was stamped");
	return 0;
}

int verify(struct object *o, bool *has, struct error *e)
{
	struct section_phdrs s;
	struct added a;

	*has = added_find(o, &a, e);
	if (!*has) {
		if (e->status) {
			*has = true;
			return -1;
		}
		return WRONG(e, SYSLAYER_SECTION, NO_OFFSET, "the file has no section");
	}
	if (!undo_page_is_whole(&a))
		return WRONG(e, SYSLAYER_ADDED_UNDO_SECTION, NO_OFFSET,
		             "the record of what was before is damaged");
	if (verify_block(&a, e) || verify_sites(&a, e) || find_section_phdrs(&s, &a, e) ||
	    verify_headers(&a, &s, e))
		return -1;
	return s.stamped ? verify_image(&a, &s, e) : 0;
}
