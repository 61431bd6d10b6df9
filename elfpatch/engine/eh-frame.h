/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads entries of .eh_frame (LSB 5.0, 10.6; DWARF 5, 6.4.1). */
#ifndef ENGINE_EH_FRAME_H
#define ENGINE_EH_FRAME_H

#include "object.h"

/* Pointer encodings, LSB 5.0 10.5.1: format in the low four bits, then what it is relative to. */
enum {
	PE_ABSPTR = 0,
	PE_ULEB128 = 1,
	PE_UDATA4 = 3,
	PE_UDATA8 = 4,
	PE_SDATA4 = 11,
	PE_SDATA8 = 12,
	PE_PCREL = 0x10,
	PE_DATAREL = 0x30,
	PE_OMIT = 0xff
};

/* A place in the file that does not leave its bounds: what is taken behind the end is 0, and bad. */
struct cursor {
	const unsigned char *p, *end;
	uint64_t address; /* of p */
	bool bad;
};

/* At the address, up to the end of its segment in the file; p is NULL where no segment has it. */
struct cursor cursor_at(const struct object *o, uint64_t address);
const unsigned char *take(struct cursor *c, uint64_t n);
uint64_t take_fixed(struct cursor *c, unsigned size);
uint64_t take_leb128(struct cursor *c);
int64_t take_sleb128(struct cursor *c);
/* relative: an address, else a length. */
uint64_t take_pointer(struct cursor *c, unsigned encoding, bool relative);

struct cie {
	unsigned encoding; /* of the addresses in its FDEs; PE_OMIT: it cannot be read */
	bool signal;       /* its frames are those of signal handlers */
	bool augmented;    /* its FDEs have augmentation data behind their range */
	bool plain;        /* it has no personality, and its FDEs no LSDA */
	unsigned lsda;     /* encoding of the address of that; PE_OMIT: they have none */
	uint64_t code_align, return_address;
	int64_t data_align;
	struct cursor program; /* its initial instructions */
};

struct fde {
	struct cie cie;
	uint64_t start, end;
	uint64_t lsda; /* address of the language's own data, or 0 */
	struct cursor program;
};

/* entry: behind the length and the id, up to its end. */
void cie_read(struct cie *cie, struct cursor entry);
/* The FDE at the address, with its CIE; from a segment that is in the file. Returns 0 or -1. */
int fde_read(struct fde *fde, const struct object *o, uint64_t address);

/* Call for each FDE of .eh_frame, until one returns not 0, with its address, start, end, and CIE. */
typedef int on_fde(void *context, uint64_t address, uint64_t start, uint64_t end, const struct cie *cie);
int each_fde(const struct object *o, on_fde *call, void *context);

#endif
