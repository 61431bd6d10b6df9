// SPDX-License-Identifier: BSD-2-Clause
/*
 * Jumps to where a register or memory says. Most of them go where something in the file tells, and where the
 * scan for targets has found that: pointers in data, those that code loads, and jump tables. What has been
 * computed otherwise may go anywhere in its function.
 */
#include <string.h>
#include "finder.h"

/* How many instructions before the jump its target may come from. */
#define STEPS 16
#define MANGLED_STEPS 96
/* Where glibc has its secret, in the thread's own memory. */
#define POINTER_GUARD 0x30

struct walk {
	const struct finder *f;
	const struct code *c;
	size_t at;
	ZydisDecodedInstruction z;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
};

static bool decode_at(struct walk *w)
{
	uint64_t offset = w->f->in[w->at].address - w->c->address;

	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&w->f->decoder, w->c->bytes + offset,
	                                           w->f->in[w->at].length, &w->z, w->op));
}

static ZydisRegister whole(ZydisRegister r)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r);
}

static bool writes(const struct walk *w, ZydisRegister r)
{
	for (unsigned i = 0; i < w->z.operand_count; i++)
		if (w->op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    w->op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE && whole(w->op[i].reg.value) == r)
			return true;
	return false;
}

/* Back to what writes one of the registers; false: it is not known. */
static bool back_to(struct walk *w, ZydisRegister r, ZydisRegister other)
{
	for (unsigned n = 0; n < STEPS && w->at; n++) {
		const struct instruction *in = w->f->in + --w->at;
		const unsigned char *code = w->c->bytes + (in->address - w->c->address);

		if (in->address + in->length != in[1].address || decode_ends(code, in->length) ||
		    in->kind == KIND_BAD || in->kind == KIND_SYSCALL || !decode_at(w) ||
		    w->z.meta.category == ZYDIS_CATEGORY_CALL)
			return false;
		if (writes(w, r) || writes(w, other))
			return true;
	}
	return false;
}

/* A pointer that stands in the file, or that code loads; not what has been put onto the stack. */
static bool is_pointer(const ZydisDecodedOperand *op)
{
	if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		return true;
	return op->type == ZYDIS_OPERAND_TYPE_MEMORY && op->mem.base != ZYDIS_REGISTER_RSP &&
	       op->mem.base != ZYDIS_REGISTER_RBP;
}

/* An entry of 4 bytes was added to the address of the table it is from. */
static bool is_table(struct walk *w)
{
	ZydisRegister sum = whole(w->op[0].reg.value), added;

	if (w->op[1].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	added = whole(w->op[1].reg.value);
	while (back_to(w, sum, added))
		if (w->z.mnemonic == ZYDIS_MNEMONIC_MOVSXD && w->op[1].type == ZYDIS_OPERAND_TYPE_MEMORY)
			return w->op[1].mem.base == (writes(w, sum) ? added : sum);
		else if (w->z.mnemonic != ZYDIS_MNEMONIC_LEA || w->op[1].mem.base != ZYDIS_REGISTER_RIP)
			return false;
	return false;
}

/* glibc's longjmp: the pointer was stored mangled, and leads behind the call of setjmp. */
static bool is_mangled(struct walk *w, ZydisRegister r)
{
	for (unsigned n = 0; n < MANGLED_STEPS && w->at; n++) {
		w->at--;
		if (decode_at(w) && w->z.mnemonic == ZYDIS_MNEMONIC_XOR && writes(w, r) &&
		    w->op[1].type == ZYDIS_OPERAND_TYPE_MEMORY && w->op[1].mem.segment == ZYDIS_REGISTER_FS &&
		    w->op[1].mem.disp.value == POINTER_GUARD)
			return true;
	}
	return false;
}

/* What the register was set to, before the jump in w->at, is one that is known. */
static bool is_told(struct walk *w, ZydisRegister r)
{
	if (!back_to(w, r, r) || w->op[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	switch (w->z.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
		return is_pointer(w->op + 1);
	case ZYDIS_MNEMONIC_LEA:
		return w->op[1].mem.base == ZYDIS_REGISTER_RIP;
	case ZYDIS_MNEMONIC_ADD:
		return is_table(w);
	default:
		return false;
	}
}

/* The jump in w.at. */
static bool is_known(struct walk w)
{
	struct walk again = w;
	ZydisRegister r;

	if (!decode_at(&w))
		return false;
	/* gcc and clang write notrack before jumps by tables only: others must find an endbr64. */
	if (w.z.attributes & ZYDIS_ATTRIB_HAS_NOTRACK)
		return true;
	if (w.op[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return is_pointer(w.op);
	r = whole(w.op[0].reg.value);
	return is_told(&w, r) || is_mangled(&again, r);
}

/* Whether one of the function's jumps is not known. Most functions have none: these are not decoded. */
static int look_at(struct finder *f, const struct code *c, const struct function *fn, bool *is)
{
	const uint64_t end = fn->end - c->address;
	const unsigned char *p;

	*is = false;
	for (uint64_t at = fn->start - c->address;
	     !*is && at < end && (p = memchr(c->bytes + at, 0xff, end - at)); at++) {
		struct walk w = {.f = f, .c = c};

		at = (uint64_t)(p - c->bytes);
		if (end - at < 2 || (p[1] & 0x38) != 0x20)
			continue;
		if (decode_around(f, c, c->address + at, c->address + at))
			return -1;
		/* With its prefixes. */
		w.at = instruction_from(f, c->address + at + 1);
		if (!w.at--)
			continue;
		p = c->bytes + (f->in[w.at].address - c->address);
		*is = decode_indirect_jump(p, f->in[w.at].length) && !is_known(w);
	}
	/* What comes next is decoded as it would have been. */
	f->count = 0;
	return 0;
}

int is_uncertain(struct finder *f, const struct code *c, uint64_t address, bool *is)
{
	struct function fn;
	uint64_t next;

	*is = false;
	if (!functions_at(&f->functions, address, &fn, &next) || address >= fn.end)
		return 0;
	/* Functions may overlap, and each would be looked at up to its end. */
	fn.end = fn.end < next ? fn.end : next;
	if (fn.start < c->address || fn.end - c->address > c->size)
		return 0;
	if (f->looked_at.start != fn.start || f->looked_at.end != fn.end) {
		if (look_at(f, c, &fn, &f->uncertain))
			return -1;
		f->looked_at = fn;
	}
	*is = f->uncertain;
	return 0;
}
