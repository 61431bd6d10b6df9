/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unwind information of what is added: how a debugger, an exception, pthread_cancel(3) or
 * backtrace(3) finds the caller from a slot or a trampoline. syslayer-abi(7), "Unwinding".
 */
#ifndef ENGINE_UNWIND_H
#define ENGINE_UNWIND_H

#include "sites.h"
#include "unwind-program.h"
#include "unwind-table.h"

/* From this address of a trampoline on, the caller is found as at the source, an address of the program. */
struct unwind_mark {
	uint64_t address, source;
	uint64_t site; /* where the site begins */
	uint64_t fde;  /* of that: its address, or 0 */
	bool lowered;  /* but rsp is lower by SYSLAYER_FRAME */
};

/* The jump in fill, whose caller is found as at the site. */
struct unwind_fill {
	uint64_t address;
	size_t mark; /* the site's first */
};

struct unwind {
	struct unwind_mark *mark; /* ascending by address and by site */
	size_t count, room;
	struct unwind_fill *fill;
	size_t fills, fill_room;
	uint64_t end;            /* of the trampolines */
	uint64_t gate, gate_end; /* addresses of the runtime's stubs */
};

/* unwind-marks.c: take down what is to be known of the trampoline t of s at the address. Returns 0 or -1 with
 * errno. */
int unwind_add(struct unwind *u, const struct site *s, const struct trampoline *t, uint64_t address);
void unwind_free(struct unwind *u);
/* When all is taken down: find the FDEs, and put the fill in order. */
void unwind_arrange(struct unwind *u, const struct unwind_table *table);

/* Nobody goes to a slot of a program whose sites are all left, and that has no calls to slots of its own. */
bool unwind_is_needed(const struct added *a, size_t rewritten);
/* Choose the section's address, append the tables to the block, and make the program's own search table lead
 * to them. */
int unwind_append(struct added *a, struct unwind *u, struct error *e);
/* Whether they are those that the trampolines must have. */
int unwind_verify(const struct added *a, struct unwind *u, struct error *e);
/* Patch the program's search table to what it was. */
int unwind_undo(const struct added *a, struct error *e);

/* x86_64-unwind.c. The row's address stays. */
void unwind_stub(struct unwind_row *row, bool debug); /* a stub; debug: for .debug_frame */
void unwind_lower(struct unwind_row *row);            /* the same, with rsp lower by SYSLAYER_FRAME */

/* Append the section that unwind_append() made; *is_new: it has a header of its own. Returns 0 or -1 with
 * errno. */
int unwind_append_debug(struct added *a, bool *is_new);

/* For .debug_frame there is one more copy, as debuggers read no other: not loaded. */
#define UNWIND_DEBUG_SECTION ".debug_frame"

#endif
