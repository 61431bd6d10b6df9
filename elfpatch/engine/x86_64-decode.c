// SPDX-License-Identifier: BSD-2-Clause
/* What the engine asks of an x86-64 instruction. */
#include "sites.h"

static enum instruction_kind kind_of(const ZydisDecodedInstruction *z)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_SYSCALL:
		return KIND_SYSCALL;
	case ZYDIS_MNEMONIC_NOP:
	case ZYDIS_MNEMONIC_INT3:
		return KIND_PADDING;
	case ZYDIS_MNEMONIC_ENDBR64: /* must stand where an indirect branch arrives */
	case ZYDIS_MNEMONIC_XBEGIN:
		return KIND_FIXED;
	default:
		break;
	}
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_UNCOND_BR:
	case ZYDIS_CATEGORY_CALL:
		return z->raw.imm[0].is_relative ? KIND_BRANCH : KIND_FIXED;
	case ZYDIS_CATEGORY_RET:
		return KIND_RETURN;
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
		return KIND_FIXED;
	default:
		return KIND_PLAIN;
	}
}

void decode(const ZydisDecoder *d, const unsigned char *code, uint64_t length, struct instruction *in)
{
	ZydisDecodedInstruction z;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(d, NULL, code, length, &z))) {
		in->length = 1;
		in->kind = KIND_BAD;
		return;
	}
	in->length = z.length;
	in->kind = (uint8_t)kind_of(&z);
}

enum field decode_field(const ZydisDecoder *d, const unsigned char *code, uint64_t length, uint64_t offset)
{
	ZydisDecodedInstruction z;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(d, NULL, code, length, &z)))
		return FIELD_NONE;
	if (z.raw.disp.size >= 32 && z.raw.disp.offset == offset)
		return z.attributes & ZYDIS_ATTRIB_IS_RELATIVE ? FIELD_RELATIVE : FIELD_ABSOLUTE;
	for (unsigned i = 0; i < 2; i++)
		if (z.raw.imm[i].size >= 32 && z.raw.imm[i].offset == offset)
			return z.raw.imm[i].is_relative ? FIELD_BRANCH : FIELD_ABSOLUTE;
	return FIELD_NONE;
}

bool decode_number(const ZydisDecoder *d, const unsigned char *code, uint64_t length, int32_t *number,
                   bool *writes)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

	*writes = true;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(d, code, length, &z, op)))
		return false;
	*writes = false;
	for (unsigned i = 0; i < z.operand_count; i++)
		if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
		    ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op[i].reg.value) ==
		        ZYDIS_REGISTER_RAX)
			*writes = true;
	if (!*writes)
		return false;
	if (op[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	    (op[0].reg.value != ZYDIS_REGISTER_EAX && op[0].reg.value != ZYDIS_REGISTER_RAX))
		return false;
	if (z.mnemonic == ZYDIS_MNEMONIC_MOV && op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		*number = (int32_t)op[1].imm.value.u; /* the kernel looks at eax only */
		return true;
	}
	if (z.mnemonic == ZYDIS_MNEMONIC_XOR && op[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    op[1].reg.value == op[0].reg.value) {
		*number = 0;
		return true;
	}
	return false;
}

/* The number of a general register in x86's own order, of which z is any part, or -1. */
static int general(ZydisRegister z)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, z);

	return whole >= ZYDIS_REGISTER_RAX && whole <= ZYDIS_REGISTER_R15 ? (int)(whole - ZYDIS_REGISTER_RAX)
	                                                                  : -1;
}

static void add_register(uint16_t *set, ZydisRegister z)
{
	int n = general(z);

	if (n >= 0)
		*set |= (uint16_t)(1 << n);
}

bool decode_registers(const ZydisDecoder *d, const unsigned char *code, uint64_t length, struct registers *r)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

	*r = (struct registers){0};
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(d, code, length, &z, op)))
		return false;
	for (unsigned i = 0; i < z.operand_count; i++) {
		if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
			add_register(&r->read, op[i].mem.base);
			add_register(&r->read, op[i].mem.index);
		} else if (op[i].type == ZYDIS_OPERAND_TYPE_REGISTER) {
			if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ)
				add_register(&r->read, op[i].reg.value);
			if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
				add_register(&r->written, op[i].reg.value);
		}
	}
	return true;
}

bool decode_indirect_jump(const unsigned char *code, uint64_t length)
{
	uint64_t i = 0;

	/* notrack, bnd, rex */
	while (i < length && (code[i] == 0x3e || code[i] == 0xf2))
		i++;
	if (i < length && (code[i] & 0xf0) == 0x40)
		i++;
	return length - i >= 2 && code[i] == 0xff && (code[i + 1] & 0x38) == 0x20;
}

bool decode_ends(const unsigned char *code, uint64_t length)
{
	if (decode_indirect_jump(code, length))
		return true;
	while (length > 1 && (*code == 0xf2 || *code == 0xf3)) /* bnd, rep */
		code++, length--;
	switch (*code) {
	case 0xc3: /* ret */
	case 0xc2:
	case 0xe9: /* jmp */
	case 0xeb:
	case 0xf4: /* hlt */
		return true;
	default:
		return length >= 2 && code[0] == 0x0f && code[1] == 0x0b; /* ud2 */
	}
}
