// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads the address ranges of .eh_frame's FDEs: all that is left of function bounds in a
 * stripped file (LSB 5.0, 10.6; DWARF 5, 6.4.1).
 */
#include <string.h>
#include "functions.h"

/* Pointer encodings, LSB 5.0 10.5.1: format in the low four bits, then what it is relative to. */
enum {
	PE_ABSPTR = 0,
	PE_UDATA4 = 3,
	PE_UDATA8 = 4,
	PE_SDATA4 = 11,
	PE_SDATA8 = 12,
	PE_PCREL = 0x10,
	PE_OMIT = 0xff
};

struct cursor {
	const unsigned char *p, *end;
	uint64_t address; /* of p */
	bool bad;
};

static const unsigned char *take(struct cursor *c, uint64_t n)
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

static uint64_t fixed(struct cursor *c, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, take(c, size), size);
	return value;
}

static uint64_t leb128(struct cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		byte = *take(c, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->bad);
	return value;
}

static uint64_t pointer(struct cursor *c, unsigned encoding, bool relative)
{
	uint64_t base = relative && (encoding & 0x70) == PE_PCREL ? c->address : 0;

	if (relative && encoding & 0x70 && (encoding & 0x70) != PE_PCREL)
		c->bad = true;
	switch (encoding & 0x0f) {
	case PE_ABSPTR:
	case PE_UDATA8:
	case PE_SDATA8:
		return base + fixed(c, 8);
	case PE_UDATA4:
		return base + fixed(c, 4);
	case PE_SDATA4:
		return base + (uint64_t)(int64_t)(int32_t)fixed(c, 4);
	default:
		c->bad = true;
		return 0;
	}
}

/* The encoding of the addresses in the FDEs of the CIE that c stands in, behind its id. */
static unsigned cie_encoding(struct cursor c, bool *signal)
{
	const char *augmentation;
	unsigned encoding = PE_ABSPTR;

	*signal = false;
	take(&c, 1); /* version */
	augmentation = (const char *)c.p;
	while (*take(&c, 1))
		;
	if (c.bad || *augmentation != 'z')
		return c.bad ? PE_OMIT : PE_ABSPTR;
	leb128(&c); /* code alignment */
	leb128(&c); /* data alignment */
	leb128(&c); /* return address register */
	leb128(&c); /* length of the augmentation */
	while (*++augmentation && !c.bad) {
		if (*augmentation == 'R')
			encoding = *take(&c, 1);
		else if (*augmentation == 'S')
			*signal = true;
		else if (*augmentation == 'L')
			take(&c, 1);
		else if (*augmentation == 'P')
			pointer(&c, *take(&c, 1), false);
	}
	return c.bad ? PE_OMIT : encoding;
}

static int walk(struct functions *fs, const unsigned char *data, uint64_t size, uint64_t address)
{
	struct cursor c = {data, data + size, address, false};
	const unsigned char *last_cie = NULL;
	unsigned last_encoding = PE_OMIT;
	bool signal = false;

	while (c.p < c.end && !c.bad) {
		struct cursor entry = c;
		uint64_t length = fixed(&entry, 4), id;
		const unsigned char *cie;

		if (length == 0xffffffff)
			length = fixed(&entry, 8);
		c = entry;
		take(&c, length);
		if (c.bad || !length)
			continue; /* a terminator may stand in the middle: crtend.o is not last in every link
			           */
		entry.end = c.p;
		cie = entry.p;
		id = fixed(&entry, 4);
		if (!id || id > (uint64_t)(cie - data))
			continue;
		cie -= id;
		if (cie != last_cie) {
			struct cursor of = {cie, c.end, address + (uint64_t)(cie - data), false};

			last_cie = cie;
			if (fixed(&of, 4) == 0xffffffff)
				fixed(&of, 8);
			last_encoding = fixed(&of, 4) ? PE_OMIT : cie_encoding(of, &signal);
		}
		if (last_encoding == PE_OMIT)
			continue;
		uint64_t start = pointer(&entry, last_encoding, true);
		uint64_t bytes = pointer(&entry, last_encoding, false);

		/* A signal frame's FDE begins one byte early, for unwinders look up pc - 1 (glibc's
		 * __restore_rt). */
		if (!entry.bad && start && bytes && functions_add(fs, start + signal, start + bytes))
			return -1;
	}
	return 0;
}

int functions_from_eh_frame(struct functions *fs, const struct object *o)
{
	for (size_t i = 1; i < o->shnum; i++)
		if (o->sh[i].sh_type != SHT_NOBITS && o->sh[i].sh_flags & SHF_ALLOC &&
		    !strcmp(section_name(o, o->sh + i), ".eh_frame") &&
		    walk(fs, o->data + o->sh[i].sh_offset, o->sh[i].sh_size, o->sh[i].sh_addr))
			return -1;
	return 0;
}
