// SPDX-License-Identifier: BSD-2-Clause
/*
 * The functions of a Go program: its own table of them, which the runtime needs, and which is
 * there in stripped files too (Go's src/runtime/symtab.go, pcHeader and functab).
 */
#include <string.h>
#include "functions.h"

/* The magics of the layouts, by the version of Go that brought each. */
#define GO_1_2 0xfffffffbu
#define GO_1_16 0xfffffffau
#define GO_1_18 0xfffffff0u
#define GO_1_20 0xfffffff1u

struct table {
	const unsigned char *data;
	uint64_t size;
	uint64_t text;       /* what entries are relative to */
	uint64_t functab;    /* offset of the entries */
	uint64_t count;      /* functions; one entry more ends the last */
	unsigned entry_size; /* bytes: half of them are the address */
};

static uint64_t word(const struct table *t, uint64_t offset)
{
	uint64_t value = 0;

	if (in_bounds(offset, 8, t->size))
		memcpy(&value, t->data + offset, 8);
	return value;
}

/* Linkers other than Go's leave the word to a relocation. */
static uint64_t text_start(const struct table *t, const struct object *o, uint64_t address)
{
	uint64_t start = word(t, 24);

	for (size_t i = 1; !start && i < o->shnum; i++)
		for (uint64_t at = 0;
		     o->sh[i].sh_type == SHT_RELA && at + sizeof(Elf64_Rela) <= o->sh[i].sh_size;
		     at += sizeof(Elf64_Rela)) {
			Elf64_Rela r;

			memcpy(&r, o->data + o->sh[i].sh_offset + at, sizeof r);
			if (r.r_offset == address + 24 && ELF64_R_TYPE(r.r_info) == R_X86_64_RELATIVE)
				start = (uint64_t)r.r_addend;
		}
	return start;
}

static bool read_header(struct table *t, const struct object *o, uint64_t address)
{
	uint32_t magic;

	if (t->size < 16)
		return false;
	memcpy(&magic, t->data, 4);
	/* Two zeros, 1 for the smallest instruction, 8 for the size of a pointer. */
	if (memcmp(t->data + 4, "\0\0\1\10", 4) != 0)
		return false;
	t->count = word(t, 8);
	t->entry_size = 16;
	switch (magic) {
	case GO_1_2:
		t->functab = 16;
		break;
	case GO_1_16:
		t->functab = word(t, 56);
		break;
	case GO_1_18:
	case GO_1_20:
		t->functab = word(t, 64);
		t->entry_size = 8;
		t->text = text_start(t, o, address);
		break;
	default:
		return false;
	}
	return t->count < t->size / t->entry_size &&
	       in_bounds(t->functab, t->count * t->entry_size + t->entry_size / 2, t->size);
}

static uint64_t entry(const struct table *t, uint64_t i)
{
	uint64_t value = 0;

	memcpy(&value, t->data + t->functab + i * t->entry_size, t->entry_size / 2);
	return t->text + value;
}

int functions_from_go(struct functions *fs, const struct object *o)
{
	static const char name[] = "gopclntab";

	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;
		const char *s = section_name(o, sh);
		size_t length = strlen(s);
		struct table t = {.size = sh->sh_size};

		/* .gopclntab, or .data.rel.ro.gopclntab */
		if (sh->sh_type != SHT_PROGBITS || length < sizeof name - 1 ||
		    strcmp(s + length - (sizeof name - 1), name) != 0)
			continue;
		t.data = o->data + sh->sh_offset;
		if (!read_header(&t, o, sh->sh_addr))
			continue;
		for (uint64_t n = 0; n < t.count; n++) {
			uint64_t start = entry(&t, n), end = entry(&t, n + 1);

			if (start && start < end && functions_add(fs, start, end))
				return -1;
		}
		break; /* there is one; headers that repeat it would have it read as often */
	}
	return 0;
}
