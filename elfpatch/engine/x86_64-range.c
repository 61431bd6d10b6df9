// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls whose instruction has to stay where it is. A program's signal handler asks whether the
 * interrupted pc lies in a range that ends behind the instruction: the call has not been made
 * then, and may be cancelled or begun again. At the range's start a flag is tested that the handler
 * sets, so a signal that comes before the range is not lost, and one that comes within it is
 * seen by the pc. Hence the layer is asked before the range is entered, and the range is as it was:
 * flag, call, end. What comes in while the layer is asked has set the flag.
 *
 *   qemu's safe_syscall: number and arguments are in place before the range. What stands before
 *   it is displaced by the jump.
 *
 *   musl's __syscall_cp_asm and glibc's __syscall_cancel_arch (2.41): the range is the function from
 *   its first instruction on, and moves the arguments after the test. Their bytes are known. The
 *   trampoline moves the arguments and asks; the range becomes the jump, the test, and the call:
 *
 *	begin:	mov   (%rdi),%eax	begin:	jmp   tramp
 *		test  %eax,%eax			cmpl  $0,(%r11)
 *		jne   cancel			jne   cancel
 *		(moves)				jmp   1f
 *		syscall			1:	syscall
 *	end:	ret			end:	ret
 */
#include <string.h>
#include "finder.h"

/* Arguments of the call and its number: rdi, rsi, rdx, r10, r8, r9, rax. The order: rax rcx rdx rbx rsp ...
 */
#define CALL_REGISTERS (1 << 7 | 1 << 6 | 1 << 2 | 1 << 10 | 1 << 8 | 1 << 9 | 1 << 0)
#define STACK_POINTER (1 << 4)
/* What is lost when a layer is asked. */
#define LOST_REGISTERS (1 << 1 | 1 << 11)

const unsigned char cancel_moves[CANCEL_MOVES] = {
    0x49, 0x89, 0xfb,             /* mov %rdi,%r11: the flag's address */
    0x48, 0x89, 0xf0,             /* mov %rsi,%rax */
    0x48, 0x89, 0xd7,             /* mov %rdx,%rdi */
    0x48, 0x89, 0xce,             /* mov %rcx,%rsi */
    0x4c, 0x89, 0xc2,             /* mov %r8,%rdx */
    0x4d, 0x89, 0xca,             /* mov %r9,%r10 */
    0x4c, 0x8b, 0x44, 0x24, 0x08, /* mov 8(%rsp),%r8 */
    0x4c, 0x8b, 0x4c, 0x24, 0x10, /* mov 16(%rsp),%r9 */
    0x4c, 0x89, 0x5c, 0x24, 0x08, /* mov %r11,8(%rsp) */
};

bool cancel_point(const unsigned char *code, uint64_t length, struct cancel_point *p)
{
	static const unsigned char zero[] = {0x41, 0x83, 0x3b, 0x00}; /* cmpl $0,(%r11) */
	unsigned at;

	*p = (struct cancel_point){0};
	if (length >= 6 && !memcmp(code, "\x8b\x07\x85\xc0", 4)) {
		/* mov (%rdi),%eax; test %eax,%eax: musl */
		memcpy(p->test, zero, 4);
		at = 4;
	} else if (length >= 7 && !memcmp(code, "\x8b\x07\xf6\x07", 4)) {
		/* mov (%rdi),%eax; testb $8,(%rdi): glibc */
		memcpy(p->test, "\x41\xf6\x03", 3); /* testb $...,(%r11) */
		p->test[3] = code[4];
		at = 5;
	} else {
		return false;
	}
	if (code[at] == 0x75) {
		p->away = (int8_t)code[at + 1];
		p->length = (uint8_t)(at + 2);
		return true;
	}
	if (length < at + 6 || code[at] != 0x0f || code[at + 1] != 0x85)
		return false;
	memcpy(&p->away, code + at + 2, 4);
	p->near = true;
	p->length = (uint8_t)(at + 6);
	return true;
}

/* The range is a function that is known by its bytes. */
static bool try_cancel_point(const struct finder *f, const struct code *c, uint64_t start, struct site *s,
                             uint64_t free_from)
{
	const unsigned char *code = c->bytes + (start - c->address);
	uint64_t size = s->address - start;
	struct cancel_point p;

	if (start < free_from || size > LOOK_RANGE || !cancel_point(code, size, &p) ||
	    size != p.length + (uint64_t)CANCEL_MOVES ||
	    memcmp(code + p.length, cancel_moves, CANCEL_MOVES) != 0 ||
	    targets_hit(&f->targets, start, s->address + 2))
		return false;
	s->length = (uint8_t)(5 + sizeof p.test + (p.near ? 6 : 2) + 2);
	s->before = (uint8_t)size;
	/* A short branch from elsewhere has to reach as far. */
	return p.near || p.away + p.length - (s->length - 2) >= -128;
}

/* Nothing from the start of the range to the call changes what the layer is asked about, or needs what it
 * loses. */
static bool settled(const struct finder *f, const struct code *c, size_t from, size_t to)
{
	for (size_t n = from; n < to; n++) {
		const struct instruction *in = f->in + n;
		uint64_t offset = in->address - c->address;
		struct registers r;

		if ((in->kind != KIND_PLAIN && in->kind != KIND_PADDING && in->kind != KIND_BRANCH) ||
		    in->address + in->length != in[1].address ||
		    !decode_registers(&f->decoder, c->bytes + offset, c->size - offset, &r) ||
		    r.written & (CALL_REGISTERS | STACK_POINTER) || r.read & LOST_REGISTERS)
			return false;
	}
	return true;
}

/* Room for the jump before the range. */
static bool try_ahead(const struct finder *f, const struct code *c, uint64_t start, size_t site,
                      struct site *s, uint64_t free_from)
{
	size_t i = instruction_at(f, start);

	if (i == SIZE_MAX || i >= site || !settled(f, c, i, site))
		return false;
	for (size_t n = i; n--;) {
		const struct instruction *in = f->in + n;
		uint64_t length = start - in->address;

		if (!movable(in) || in->address + in->length != in[1].address || in->address < free_from ||
		    length > SITE_MAX)
			return false;
		if (length < 5)
			continue;
		s->length = (uint8_t)length;
		s->before = (uint8_t)(s->address - in->address);
		return !targets_hit(&f->targets, in->address, start);
	}
	return false;
}

bool try_range(const struct finder *f, const struct code *c, size_t i, struct site *s, uint64_t free_from)
{
	uint64_t next, at;
	struct function fn;
	bool lowest = true, found = false;

	at = functions_at(&f->functions, s->address, &fn, &next) ? fn.start : c->address;
	if (s->address - at > LOOK_RANGE)
		at = s->address - LOOK_RANGE;
	/* Of what is pointed at, the lowest is the range's start, or lies before it. */
	for (; at < s->address && !found; at++) {
		if (!targets_pointed(&f->targets, at))
			continue;
		found = try_cancel_point(f, c, at, s, free_from) ||
		        (lowest && try_ahead(f, c, at, i, s, free_from));
		lowest = false;
	}
	if (found)
		s->tactic = SYSLAYER_TACTIC_RANGE;
	else
		s->before = s->length = 0;
	return found;
}
