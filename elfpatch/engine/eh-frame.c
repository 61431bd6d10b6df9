// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads .eh_frame: which code its entries describe, all that is left of function bounds in a
 * stripped file (LSB 5.0, 10.6; DWARF 5, 6.4.1).
 */
#include <string.h>
#include "eh-frame.h"
#include "functions.h"

/* Letters of an augmentation: nobody has more than "zPLRSB". */
#define AUGMENTATION_MAX 16

static struct cursor segment_of(const struct object *o, uint64_t address)
{
	const struct load *l = load_at(o, address);

	return l ? (struct cursor){o->data + l->offset, o->data + l->offset + l->size, l->address, false}
	         : (struct cursor){0};
}

struct cursor cursor_at(const struct object *o, uint64_t address)
{
	struct cursor c = segment_of(o, address);

	if (c.p)
		take(&c, address - c.address);
	return c;
}

const unsigned char *take(struct cursor *c, uint64_t n)
{
	const unsigned char *p = c->p;

	if (c->bad || n > (uint64_t)(c->end - c->p)) {
		c->bad = true;
		return (const unsigned char *)"\0\0\0\0\0\0\0";
	}
	c->p += n;
	c->address += n;
	return p;
}

uint64_t take_fixed(struct cursor *c, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, take(c, size), size);
	return value;
}

uint64_t take_leb128(struct cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		byte = *take(c, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->bad && shift < 70);
	return value;
}

int64_t take_sleb128(struct cursor *c)
{
	struct cursor before = *c;
	uint64_t value = take_leb128(c);
	unsigned bits = 7 * (unsigned)(c->p - before.p);

	return (int64_t)(bits && bits < 64 && value >> (bits - 1) & 1 ? value | UINT64_MAX << bits : value);
}

uint64_t take_pointer(struct cursor *c, unsigned encoding, bool relative)
{
	uint64_t base = relative && (encoding & 0x70) == PE_PCREL ? c->address : 0;

	if (relative && encoding & 0x70 && (encoding & 0x70) != PE_PCREL)
		c->bad = true;
	switch (encoding & 0x0f) {
	case PE_ABSPTR:
	case PE_UDATA8:
	case PE_SDATA8:
		return base + take_fixed(c, 8);
	case PE_UDATA4:
		return base + take_fixed(c, 4);
	case PE_SDATA4:
		return base + (uint64_t)(int64_t)(int32_t)take_fixed(c, 4);
	default:
		c->bad = true;
		return 0;
	}
}

void cie_read(struct cie *cie, struct cursor c)
{
	const char *augmentation;
	struct cursor data;
	uint64_t length;
	unsigned version;

	*cie = (struct cie){.encoding = PE_OMIT, .plain = true, .lsda = PE_OMIT};
	version = *take(&c, 1);
	augmentation = (const char *)c.p;
	/* Entries may be many, and alternate between two that are long. */
	for (unsigned n = 0; *take(&c, 1); n++)
		if (n == AUGMENTATION_MAX)
			return;
	cie->code_align = take_leb128(&c);
	cie->data_align = take_sleb128(&c);
	cie->return_address = version == 1 ? *take(&c, 1) : take_leb128(&c);
	if (c.bad)
		return;
	cie->augmented = *augmentation == 'z';
	cie->plain = !*augmentation || cie->augmented;
	cie->encoding = PE_ABSPTR;
	if (!cie->augmented) {
		cie->program = c;
		return;
	}
	length = take_leb128(&c);
	data = c;
	data.end = take(&c, length) + length;
	if (c.bad)
		data.end = data.p;
	while (*++augmentation && !data.bad) {
		if (*augmentation == 'R') {
			cie->encoding = *take(&data, 1);
			continue;
		}
		cie->plain = false;
		if (*augmentation == 'S')
			cie->signal = true;
		else if (*augmentation == 'L')
			cie->lsda = *take(&data, 1);
		else if (*augmentation == 'P')
			take_pointer(&data, *take(&data, 1), false);
	}
	cie->program = c;
	if (c.bad || data.bad)
		cie->encoding = PE_OMIT;
}

/* The length of the entry at c, and where it ends; leaves c behind the length. 0: a terminator, or bad. */
static uint64_t take_length(struct cursor *c)
{
	uint64_t length = take_fixed(c, 4);

	return length == 0xffffffff ? take_fixed(c, 8) : length;
}

/* The CIE at c, which the file's segment or section bounds. */
static void cie_at(struct cie *cie, struct cursor c)
{
	uint64_t length = take_length(&c);
	struct cursor entry = c;

	take(&c, length);
	entry.end = c.p;
	*cie = (struct cie){.encoding = PE_OMIT};
	if (!c.bad && length && !take_fixed(&entry, 4))
		cie_read(cie, entry);
}

/* c: at the address range of an FDE; *c is left behind it. */
static bool take_range(struct cursor *c, const struct cie *cie, uint64_t *start, uint64_t *end)
{
	uint64_t bytes;

	if (cie->encoding == PE_OMIT)
		return false;
	*start = take_pointer(c, cie->encoding, true);
	bytes = take_pointer(c, cie->encoding, false);
	*end = *start + bytes;
	return !c->bad && *start && bytes;
}

int fde_read(struct fde *fde, const struct object *o, uint64_t address)
{
	struct cursor segment = segment_of(o, address), c, entry;
	uint64_t length, id;

	if (!segment.p)
		return -1;
	c = segment;
	take(&c, address - c.address);
	length = take_length(&c);
	entry = c;
	take(&c, length);
	entry.end = c.p;
	address = entry.address;
	id = take_fixed(&entry, 4);
	if (c.bad || !length || !id || id > address - segment.address)
		return -1;
	take(&segment, address - id - segment.address);
	cie_at(&fde->cie, segment);
	if (!take_range(&entry, &fde->cie, &fde->start, &fde->end))
		return -1;
	fde->lsda = 0;
	if (fde->cie.augmented) {
		struct cursor data;

		length = take_leb128(&entry);
		data = entry;
		take(&entry, length);
		data.end = entry.p;
		if (length && fde->cie.lsda != PE_OMIT)
			fde->lsda = take_pointer(&data, fde->cie.lsda, true);
		if (data.bad)
			fde->lsda = 0;
	}
	fde->program = entry;
	return entry.bad ? -1 : 0;
}

static int walk(const struct object *o, struct cursor section, on_fde *call, void *context)
{
	struct cursor c = section;
	uint64_t last = 0, behind = (uint64_t)(c.p - o->data);
	struct cie cie = {.encoding = PE_OMIT};

	while (c.p < c.end && !c.bad) {
		uint64_t at = c.address, start, end, id, length = take_length(&c);
		struct cursor entry = c, of = section;

		take(&c, length);
		object_pass(o, &behind, (uint64_t)(c.p - o->data));
		if (c.bad || !length)
			continue; /* a terminator may stand in the middle: crtend.o is not last in every link
			           */
		entry.end = c.p;
		id = take_fixed(&entry, 4);
		if (!id || id > entry.address - 4 - section.address)
			continue;
		id = entry.address - 4 - id;
		if (id != last) {
			last = id;
			take(&of, id - of.address);
			cie_at(&cie, of);
		}
		if (take_range(&entry, &cie, &start, &end) && call(context, at, start, end, &cie))
			return -1;
	}
	return 0;
}

int each_fde(const struct object *o, on_fde *call, void *context)
{
	uint64_t walked = 0;

	for (size_t i = 1; i < o->shnum; i++) {
		const Elf64_Shdr *sh = o->sh + i;
		struct cursor c = {.address = sh->sh_addr};

		if (sh->sh_type == SHT_NOBITS || sh->sh_type == SHT_NULL || !(sh->sh_flags & SHF_ALLOC) ||
		    strcmp(section_name(o, sh), ".eh_frame") != 0)
			continue;
		/* Sections that overlap would be walked again and again. */
		walked += sh->sh_size;
		if (walked > o->size)
			break;
		c.p = o->data + sh->sh_offset;
		c.end = c.p + sh->sh_size;
		if (walk(o, c, call, context))
			return -1;
	}
	return 0;
}

static int add(void *context, uint64_t address, uint64_t start, uint64_t end, const struct cie *cie)
{
	(void)address;
	/* A signal frame's FDE begins one byte early, for unwinders look up pc - 1 (glibc's __restore_rt). */
	return functions_add(context, start + cie->signal, end);
}

int functions_from_eh_frame(struct functions *fs, const struct object *o)
{
	return each_fde(o, add, fs);
}
