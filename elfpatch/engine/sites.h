/* SPDX-License-Identifier: BSD-2-Clause */
/* The system call instructions of a file, and how each of them is routed to its slot. */
#ifndef ENGINE_SITES_H
#define ENGINE_SITES_H

#include <Zydis/Zydis.h>
#include "added.h"
#include "functions.h"
#include "targets.h"

/* How the call is made; follows from the number and the code around it. */
enum site_way {
	WAY_SLOT, /* in the slot */
	WAY_GATE, /* the number is known at run time only */
	WAY_ASK,  /* asked for, then made where it stood: the stack may not be used over it */
	WAY_LAST, /* in the slot, which does not come back; the stack is nobody's any more */
};

#define SITE_UNKNOWN (-1)
#define SITE_MAX 20 /* bytes replaced, at most */

struct instruction {
	uint64_t address;
	uint8_t length;
	uint8_t kind; /* enum instruction_kind */
};

enum instruction_kind {
	KIND_PLAIN, /* can be moved, if its displacement can be adapted */
	KIND_SYSCALL,
	KIND_BRANCH, /* relative branches and calls */
	KIND_RETURN,
	KIND_FIXED,   /* must stay: endbr64, int, hlt, ... */
	KIND_PADDING, /* nop, int3 */
	KIND_BAD,
};

struct site {
	uint64_t address;
	uint64_t origin; /* of the instruction that sets the number, at or below address */
	int32_t number;  /* SITE_UNKNOWN, or of the call */
	enum site_way way;
	enum syslayer_tactic tactic;
	enum syslayer_reason reason;
	uint8_t before, length; /* bytes to replace: before the instruction, and all in all */
	int8_t away;            /* how far a short jump goes, from its end */
};

/* What is replaced at a site, in the order in which it is kept: one piece, or a short jump and the fill. */
struct site_piece {
	uint64_t address;
	uint8_t length;
};
#define SITE_PIECES 2
/* site-rows.c: both return how many they are. */
unsigned site_pieces(struct site_piece p[SITE_PIECES], const struct site *s);
unsigned site_row_pieces(struct site_piece p[SITE_PIECES], const struct added *a,
                         const struct syslayer_site *row);
/* As the row has it; the way is not in there. */
struct site site_of_row(const struct added *a, const struct syslayer_site *row);

struct sites {
	struct site *s; /* ascending */
	size_t count, room;
	size_t skipped; /* bytes like a system call's that are none */
};

/* Find the sites of o and choose their tactics. summed: to add to what has been summed on the way, or NULL.
 */
int sites_find(struct sites *ss, const struct object *o, struct summed_list *summed, struct error *e);
void sites_free(struct sites *ss);

/* x86_64-decode.c */
/* What 4 bytes of an instruction are. */
enum field {
	FIELD_NONE,
	FIELD_BRANCH,   /* the displacement of a branch */
	FIELD_RELATIVE, /* that of an operand relative to rip */
	FIELD_ABSOLUTE, /* an operand, or the displacement of another one */
};
enum field decode_field(const ZydisDecoder *d, const unsigned char *code, uint64_t length, uint64_t offset);
/* What an instruction does to the general registers: a bit each, 1 << n for the n-th in x86's own order. */
struct registers {
	uint16_t read, written;
};
bool decode_registers(const ZydisDecoder *d, const unsigned char *code, uint64_t length, struct registers *r);
void decode(const ZydisDecoder *d, const unsigned char *code, uint64_t length, struct instruction *in);
/* The number that the instruction leaves in eax: >= 0 or negative as a 32-bit value; false: it leaves eax
 * alone or something that is not known, then *writes says which. */
bool decode_number(const ZydisDecoder *d, const unsigned char *code, uint64_t length, int32_t *number,
                   bool *writes);
/* Whether execution does not go on behind the instruction; whether it is a jump to where a register or memory
 * says. */
bool decode_ends(const unsigned char *code, uint64_t length);
bool decode_indirect_jump(const unsigned char *code, uint64_t length);

/* x86_64-trampoline.c */
#define TRAMPOLINE_ALIGN 16
#define TRAMPOLINE_MAX 128
#define TRAMPOLINE_MARKS 32
struct trampoline {
	unsigned char code[TRAMPOLINE_MAX];
	unsigned size;
	/* For unwinding: from this offset on, the stack is as at the source, from the start of the site. */
	struct trampoline_mark {
		uint8_t offset, source;
		bool lowered; /* and rsp lower by SYSLAYER_FRAME */
	} mark[TRAMPOLINE_MARKS];
	unsigned marks;
	unsigned slot; /* offset of the displacement that leads to a slot, or 0 */
	unsigned char
	    site[SITE_MAX]; /* what stands there instead of original, piece by piece; s->length bytes */
};
/* Addresses of the runtime's entries for calls whose number is not known. */
struct gates {
	uint64_t call, ask;
};
/* The trampoline of s at the address; original: what stood at the site, s->length bytes. */
int trampoline_make(struct trampoline *t, const struct added *a, const struct site *s, const struct gates *g,
                    const unsigned char *original, uint64_t address, struct error *e);
/*
 * Append it, and route the site; u: takes down its marks; *offset: in the block. a->section: any address,
 * until it is chosen; *slot: where the displacement is that trampoline_link() sets then, in the block, or 0.
 */
struct unwind;
int trampoline_emit(struct added *a, const struct site *s, const struct gates *g,
                    const unsigned char *original, struct unwind *u, uint32_t *offset, uint32_t *slot,
                    struct error *e);
/* Add the section's address, now that it is known, to the displacements; was: it when they were made. */
int trampoline_link(struct added *a, const uint32_t *slot, size_t count, uint64_t was, struct error *e);

/*
 * x86_64-range.c: how the cancellable call of a C library begins, if code does: a flag is tested, then the
 * arguments move to where the kernel wants them.
 */
struct cancel_point {
	uint8_t length;        /* of the test and the branch */
	unsigned char test[4]; /* of the flag at (%r11) */
	bool near;             /* the branch has 32 bits */
	int32_t away;          /* where it goes, from its end */
};
#define CANCEL_MOVES 33
extern const unsigned char cancel_moves[CANCEL_MOVES];
bool cancel_point(const unsigned char *code, uint64_t length, struct cancel_point *p);

/* rewrite.c: find sites, add section, runtime and trampolines, route the sites. */
#define SITE_KINDS 32 /* more than there are tactics or reasons */
struct rewrite_result {
	enum {
		REWRITE_NOTHING, /* unchanged: no call that could be routed */
		REWRITE_ALREADY, /* unchanged: it is rewritten */
		REWRITE_DONE,
	} state;
	uint32_t sites, rewritten; /* as found now, not those of REWRITE_ALREADY */
	uint32_t tactics[SITE_KINDS], reasons[SITE_KINDS];
};
/* size: of the section, whole pages, or 0: what it has or the default. flags: SYSLAYER_NOTE_*. anyway: also
 * where REWRITE_NOTHING would do. */
int rewrite(struct object *o, uint64_t size, unsigned flags, bool anyway, struct rewrite_result *r,
            struct error *e);

#endif
