/* SPDX-License-Identifier: BSD-2-Clause */
/* The search table of .eh_frame_hdr (LSB 5.0, 10.6.2), as it was before it was edited. */
#ifndef ENGINE_UNWIND_TABLE_H
#define ENGINE_UNWIND_TABLE_H

#include "added.h"

struct unwind_entry {
	int32_t start, fde; /* from the header's address */
};

struct unwind_table {
	const struct object *o;
	uint64_t address; /* of the header; 0: there is none */
	uint64_t frames;  /* of .eh_frame, as the header says; 0: it cannot be searched */
	uint64_t entries; /* where they are in the file */
	uint32_t count;
	struct syslayer_unwind edit; /* what has been done to it */
	bool edited;
};

/* The program's table. edit: what the file says was done to it (it may be wrong), or NULL: nothing yet. */
void unwind_table_open(struct unwind_table *t, const struct added *a, const struct syslayer_unwind *edit);
/* Version and encodings of a header: the one form that linkers write. */
extern const unsigned char unwind_table_form[4];
/* Those, the address of .eh_frame, the number of entries. */
#define UNWIND_HEADER_SIZE 12
/* An entry as it was before. */
struct unwind_entry unwind_table_entry(const struct unwind_table *t, uint32_t i);
/* The address of the FDE of the code at the address, or 0. */
uint64_t unwind_table_find(const struct unwind_table *t, uint64_t address);

#endif
