/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unwind information of what is added: how a debugger, an exception, pthread_cancel(3) or
 * backtrace(3) finds the caller from a slot or a trampoline. syslayer-abi(7), "Unwinding".
 */
#ifndef ENGINE_UNWIND_H
#define ENGINE_UNWIND_H

#include "sites.h"
#include "unwind-program.h"

/* From this address of a trampoline on, the caller is found as at the source, an address of the program. */
struct unwind_mark {
	uint64_t address, source;
	uint64_t site; /* where the site begins */
	uint64_t fde;  /* of that: its address, or 0 */
	bool lowered;  /* but rsp is lower by SYSLAYER_FRAME */
};

struct unwind {
	struct unwind_mark *mark; /* ascending by address and by site */
	size_t count, room;
	uint64_t end; /* of the trampolines */
};

/* Take down what is to be known of the trampoline t of s at the address. Returns 0 or -1 with errno. */
int unwind_add(struct unwind *u, const struct site *s, const struct trampoline *t, uint64_t address);
void unwind_free(struct unwind *u);

/* Nobody goes to a slot of a program whose sites are all left, and that has no calls to slots of its own. */
bool unwind_is_needed(const struct added *a, size_t rewritten);
/* Append the tables to the block, and make the program's own search table lead to them. */
int unwind_append(struct added *a, struct unwind *u, struct error *e);
/* Whether they are those that the trampolines must have. */
int unwind_verify(const struct added *a, struct unwind *u, struct error *e);
/* Patch the program's search table to what it was. */
int unwind_undo(const struct added *a, struct error *e);

/* x86_64-unwind.c. The row's address stays. */
void unwind_stub(struct unwind_row *row);  /* a stub */
void unwind_lower(struct unwind_row *row); /* the same, with rsp lower by SYSLAYER_FRAME */

/* For .debug_frame there is one more copy, as debuggers read no other: not loaded. */
#define UNWIND_DEBUG_SECTION ".debug_frame"

/* unwind-table.c: the search table of .eh_frame_hdr (LSB 5.0, 10.6.2), as it was before it was edited. */
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
