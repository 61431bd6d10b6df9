/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assembler macros of the slot convention on x86-64, for stub images and their page of
 * native stubs. rcx and r11 are the only registers that a stub may lose, as with the
 * instruction itself; flags are kept, so the stack pointer moves by lea alone.
 */
#ifndef SYSLAYER_SLOT_X86_64_H
#define SYSLAYER_SLOT_X86_64_H

#include <syslayer/abi.h>

#ifdef __ASSEMBLER__

/* Leave a stub: back to where the site goes on. Loses rcx. */
.macro slot_return
	pop	%rcx
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	jmp	*%rcx
.endm

/* Answer SLOT_ASK with "rax is the result": rcx is not 0. Loses r11. */
.macro slot_answer
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	mov	$1, %ecx
	jmp	*%r11
.endm

/* Answer SLOT_ASK with "make the call": rcx is 0. Loses r11. */
.macro slot_go_on
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	mov	$0, %ecx
	jmp	*%r11
.endm

/*
 * The arithmetic flags go to ax and back, in a fifth of the time of pushf and popf. What they
 * leave out (DF, TF, AC, ...) no arithmetic changes.
 */
.macro slot_flags_to_ax
	lahf
	seto	%al
.endm

.macro slot_flags_from_ax
	add	$0x7f, %al			/* OF */
	sahf
.endm

/*
 * Go to a label within the slot when the result in rax may be an error: it does so for -2^32
 * to -1, so that all that are [-4095, -1] are there. No flag changes. rcx is 0 there.
 * In two halves, for slots that have a gap to jump over.
 */
.macro slot_error_invert
	mov	%rax, %rcx
	not	%rcx
.endm

.macro slot_error_branch to:req
	bswap	%rcx
	mov	%ecx, %ecx
	jrcxz	\to
.endm

/* The native stub: whole slot. */
.macro slot_native
1:	syscall
	slot_return
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	slot_go_on
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
.endm

/* A native stub that leaves its tail free: what slots 0 and 1 have. */
.macro slot_native_short
1:	syscall
	slot_return
	.skip	16 - (. - 1b), 0xcc
.endm

/* A slot whose both entries go elsewhere. */
.macro slot_hook call:req, ask:req
1:	jmp	\call
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	jmp	\ask
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
.endm

.macro slot_hook_short call:req
1:	jmp	\call
	.skip	16 - (. - 1b), 0xcc
.endm

/*
 * The image header, behind the code of slot 0. size, state, init and ask are as in the C structure;
 * differences of two labels, one of them in this section, need no relocation in the image.
 */
.macro image_header size:req, state:req, init:req, ask=0
1:	.ascii	SYSLAYER_IMAGE_MAGIC
	.short	SYSLAYER_IMAGE_VERSION
	.short	62			/* EM_X86_64 */
	.long	SYSLAYER_ABI_VERSION
	.long	SYSLAYER_SLOT_COUNT
	.long	SYSLAYER_SLOT_SIZE
	.long	\size
	.long	\state
	.long	\init
	.long	0			/* flags */
	.long	\ask
	.long	0
	.if	SYSLAYER_SLOT_SIZE - 16 - (. - 1b)
	.error	"the image header does not fill its slot"
	.endif
.endm

/* The names, behind the code of slot 1. */
.macro image_names layer:req
1:	.asciz	"\layer"
	.skip	SYSLAYER_LAYER_NAME_LEN - (. - 1b)
1:	.asciz	SYSLAYER_ABI_LINUX_X86_64
	.skip	SYSLAYER_ABI_NAME_LEN - (. - 1b)
.endm

#endif
#endif
