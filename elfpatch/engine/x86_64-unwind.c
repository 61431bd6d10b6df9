// SPDX-License-Identifier: BSD-2-Clause
/* How the caller is found from a stub and from a trampoline on x86-64. */
#include <string.h>
#include <syslayer/abi.h>
#include "unwind.h"

#define RSP 7
#define RCX 2
#define R11 11
#define RIP 16

/* DWARF 5, 7.7.1 */
#define BREG(n, offset) 0x70 + (n), (offset)
#define BREG_LONG(n, offset) 0x70 + (n), ((offset)&0x7f) | 0x80, (offset) >> 7
#define DEREF 0x06
#define DEREF_SIZE(n) 0x94, (n)
#define LIT(n) 0x30 + (n)
#define CONST1(a) 0x08, (a)
#define CONST1S(a) 0x09, (a)&0xff
#define CONST2(...) 0x0a, __VA_ARGS__
#define CONST4(...) 0x0c, __VA_ARGS__
#define CONST8(...) 0x0e, __VA_ARGS__
#define DUP 0x12
#define AND 0x1a
#define PLUS 0x22
#define SHL 0x24
#define SHR 0x25
#define EQ 0x29
#define BRA(to) 0x28, (to), 0
#define SKIP(to) 0x2f, (to), 0

/*
 * Where a stub is left (slot_return, slot_answer, slot_go_on), and where it waits with more on the stack
 * (slot_depth), depends on the layer that is mapped, and that is not known here. So the rule looks at the
 * code, behind the syscall instruction if there is one: it is always that of a macro of slot-x86_64.h.
 *
 *     59 or 41 5b               pop    %rcx or %r11            the frame is whole
 *     48 8d a4 24 80 00 00 00   lea    128(%rsp),%rsp          the word is gone, and in the register
 *     b9 imm32                  mov    $imm32,%ecx             the frame is gone; r11
 *     41 ff e3                  jmp    *%r11                   the same
 *     ff e1                     jmp    *%rcx                   the same; rcx
 *     0f 1f 80 imm16 53 4c      nopl   disp32(%rax)            imm16 more bytes than the frame
 *
 * What a signal handler returns to (slot_restorer) is known by its end, at a multiple of 16. It is a frame of
 * no size, whose caller is the restorer that the program has given: unwinders know that one, and the frame of
 * the signal lies behind it. Its address is in a word that the nopl tells.
 *
 *     48 c7 c0 0f 00 00 00      mov    $15,%rax
 *     0f 05                     syscall
 *     0f 1f 05 disp32           nopl   disp32(%rip)
 *
 * Linkers' own rule for .plt has a register "rip" (16) too: every unwinder knows it.
 */
#define LEA 0x48, 0x8d, 0xa4, 0x24, 0x80, 0, 0, 0
#define RESTORER BREG(RIP, 0), CONST1S(-16), AND
#define IF_RESTORER(to) RESTORER, LIT(8), PLUS, DEREF_SIZE(4), CONST4(0x05, 0x0f, 0x1f, 0x05), EQ, BRA(to)
#define RESTORES RESTORER, DUP, LIT(12), PLUS, DEREF_SIZE(4), PLUS, LIT(16), PLUS, DEREF
#define RESTORES_SIZE 14
#define LOOK BREG(RIP, 0), DUP, DEREF_SIZE(2), CONST2(0x0f, 0x05), EQ, LIT(1), SHL, PLUS, DEREF
#define LOOK_SIZE 13
#define IF_LEA(to) DUP, CONST8(LEA), EQ, BRA(to)
#define IF_LEA_SIZE 14
#define IF_JMP_RCX(to) DUP, CONST2(0xff, 0xff), AND, CONST2(0xff, 0xe1), EQ, BRA(to)
#define IF_JMP_RCX_SIZE 12
#define IF_JMP_R11(to) DUP, CONST4(0xff, 0xff, 0xff, 0), AND, CONST4(0x41, 0xff, 0xe3, 0), EQ, BRA(to)
#define IF_JMP_R11_SIZE 16
#define IF_MOV_ECX(to)                                                                                       \
	DUP, CONST8(0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff), AND, CONST8(0xb9, 0, 0, 0, 0, 0x41, 0xff, 0xe3),    \
	    EQ, BRA(to)
#define IF_MOV_ECX_SIZE 24
#define IF_DEPTH(to)                                                                                         \
	DUP, CONST8(0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0), AND,                                             \
	    CONST8(0x0f, 0x1f, 0x80, 0, 0, SYSLAYER_DEPTH & 0xff, SYSLAYER_DEPTH >> 8, 0), EQ, BRA(to)
#define IF_DEPTH_SIZE 24
#define DEPTH CONST1(24), SHR, CONST2(0xff, 0xff), AND
#define DEPTH_SIZE 7
#define LOOK_AND_IFS_SIZE                                                                                    \
	LOOK_SIZE + IF_LEA_SIZE + IF_JMP_RCX_SIZE + IF_JMP_R11_SIZE + IF_MOV_ECX_SIZE + IF_DEPTH_SIZE

static const unsigned char stub_rsp[] = {
    IF_RESTORER(LOOK_AND_IFS_SIZE + 12),
    LOOK,
    IF_LEA(IF_JMP_RCX_SIZE + IF_JMP_R11_SIZE + IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 6),
    IF_JMP_RCX(IF_JMP_R11_SIZE + IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 12),
    IF_JMP_R11(IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 12),
    IF_MOV_ECX(IF_DEPTH_SIZE + 12),
    IF_DEPTH(17),
    BREG_LONG(RSP, SYSLAYER_FRAME),
    SKIP(15 + DEPTH_SIZE),
    BREG_LONG(RSP, SYSLAYER_RED_ZONE),
    SKIP(9 + DEPTH_SIZE),
    BREG(RSP, 0),
    SKIP(4 + DEPTH_SIZE),
    DEPTH,
    BREG_LONG(RSP, SYSLAYER_FRAME),
    PLUS,
};

static const unsigned char stub_return[] = {
    IF_RESTORER(LOOK_AND_IFS_SIZE + 34 + DEPTH_SIZE),
    LOOK,
    IF_LEA(IF_JMP_RCX_SIZE + IF_JMP_R11_SIZE + IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 6),
    IF_JMP_RCX(IF_JMP_R11_SIZE + IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 22),
    IF_JMP_R11(IF_MOV_ECX_SIZE + IF_DEPTH_SIZE + 17),
    IF_MOV_ECX(IF_DEPTH_SIZE + 17),
    IF_DEPTH(27),
    BREG(RSP, 0),
    DEREF,
    SKIP(28 + DEPTH_SIZE + RESTORES_SIZE),
    BREG(RIP, sizeof((char[]){LEA})),
    DEREF_SIZE(2),
    CONST2(0xff, 0xe1),
    EQ,
    BRA(5),
    BREG(R11, 0),
    SKIP(12 + DEPTH_SIZE + RESTORES_SIZE),
    BREG(RCX, 0),
    SKIP(7 + DEPTH_SIZE + RESTORES_SIZE),
    DEPTH,
    BREG(RSP, 0),
    PLUS,
    DEREF,
    SKIP(RESTORES_SIZE),
    RESTORES,
};

_Static_assert(sizeof((char[]){LOOK}) == LOOK_SIZE && sizeof((char[]){IF_LEA(0)}) == IF_LEA_SIZE &&
                   sizeof((char[]){IF_JMP_RCX(0)}) == IF_JMP_RCX_SIZE &&
                   sizeof((char[]){IF_JMP_R11(0)}) == IF_JMP_R11_SIZE &&
                   sizeof((char[]){IF_MOV_ECX(0)}) == IF_MOV_ECX_SIZE &&
                   sizeof((char[]){IF_DEPTH(0)}) == IF_DEPTH_SIZE && sizeof((char[]){DEPTH}) == DEPTH_SIZE &&
                   sizeof((char[]){RESTORES}) == RESTORES_SIZE,
               "lengths of the parts of expressions");

/*
 * Two ways to say the same, for each has readers that fail with the other: libunwind (1.6), and so perf,
 * takes the CFA for the caller's rsp also where that has a rule of its own; elfutils (0.188), which read no
 * other section than .debug_frame of ours, crash where the expression of a CFA reads memory.
 */
void unwind_stub(struct unwind_row *row, bool debug)
{
	const struct unwind_rule rsp = {.how = debug ? UNWIND_VAL_EXPRESSION : UNWIND_EXPRESSION,
	                                .expression = stub_rsp,
	                                .length = sizeof stub_rsp};

	*row = (struct unwind_row){
	    .address = row->address,
	    .cfa = rsp,
	    .reg[UNWIND_RETURN_ADDRESS] = {.how = UNWIND_VAL_EXPRESSION,
	                                   .expression = stub_return,
	                                   .length = sizeof stub_return},
	};
	if (debug) {
		row->cfa = (struct unwind_rule){.how = UNWIND_REGISTER, .value = RSP};
		row->reg[RSP] = rsp;
	}
}

/* Whether an expression may use rsp: it has a byte like that of the operation. */
static bool uses_rsp(const struct unwind_rule *r)
{
	return r->length && memchr(r->expression, 0x70 + RSP, r->length);
}

void unwind_lower(struct unwind_row *row)
{
	bool uses = uses_rsp(&row->cfa);

	for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
		uses |= uses_rsp(row->reg + i) ||
		        (row->reg[i].how == UNWIND_REGISTER && row->reg[i].value == RSP);
	if (uses)
		unwind_nothing_known(row);
	else if (row->cfa.how == UNWIND_REGISTER && row->cfa.value == RSP)
		row->cfa.more += SYSLAYER_FRAME;
}
