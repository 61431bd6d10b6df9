/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes call frame information: rows become instructions, these become .eh_frame or .debug_frame. */
#ifndef ENGINE_UNWIND_PROGRAM_H
#define ENGINE_UNWIND_PROGRAM_H

#include "unwind-rows.h"

struct unwind_bytes {
	unsigned char *p;
	uint64_t size, room;
	bool failed; /* no memory */
};

void unwind_put(struct unwind_bytes *b, const void *p, uint64_t n);
void unwind_put_fixed(struct unwind_bytes *b, uint64_t value, unsigned size);

/* The instructions of one FDE. */
struct unwind_program {
	uint64_t start, end;   /* addresses that it is about */
	struct unwind_row row; /* the last one that was written */
	struct unwind_row kept;
	bool keeps;
	struct unwind_bytes bytes;
};

void unwind_program_begin(struct unwind_program *p, uint64_t start);
/* Rows come in ascending order; one whose rules are those of the one before adds nothing. */
void unwind_program_row(struct unwind_program *p, const struct unwind_row *row);
/* The row that was written last will come once more. */
void unwind_program_keep(struct unwind_program *p);

/* Make it the row of code of which nothing is known: there is no caller. */
void unwind_nothing_known(struct unwind_row *row);

/*
 * A CIE and the FDEs of the programs, appended to b, which is at the address. debug: as .debug_frame,
 * else as .eh_frame with a terminator. *fde: where in b each FDE begins.
 */
void unwind_write(struct unwind_bytes *b, uint64_t address, bool debug, const struct unwind_program *p,
                  unsigned count, uint64_t *fde);

#endif
