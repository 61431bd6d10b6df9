/* SPDX-License-Identifier: BSD-2-Clause */
/* The block that begins the added segment, and the runtime's entries. */
#include "runtime.h"
#include <syslayer/slot-x86_64.h>

	.section .block, "a", @progbits
	.globl	runtime_block
	.hidden	runtime_block
runtime_block:
	/* struct syslayer_added; elfpatch fills it in. */
	.skip	176
	/* struct runtime_entries */
	.long	runtime_entry - runtime_block
	.long	runtime_gate - runtime_block
	.long	runtime_gate_ask - runtime_block
	.long	runtime_gate_end - runtime_block

	.equ	SECTION, 104			/* offsetof(struct syslayer_added, ...); start.c checks them */
	.equ	ENTRY, 112

	.text
/*
 * A program's entry point: rdx (what ld.so wants run at exit, x86-64 psABI 3.4.1) and rsp are
 * all that its own entry may count on.
 */
	.globl	runtime_entry
	.hidden	runtime_entry
runtime_entry:
	endbr64
	mov	%rsp, %rdi
	push	%rdx
	push	%rdx
	call	runtime_start
	pop	%rdx
	pop	%rdx
	lea	runtime_block(%rip), %rax
	add	runtime_block+ENTRY(%rip), %rax
	xor	%ebp, %ebp
	xor	%edi, %edi
	xor	%esi, %esi
	jmp	*%rax

/* Go to a label if the number in eax has no slot. */
.macro numbers_without_slot to:req
	mov	%eax, %ecx
	bswap	%ecx
	movzwl	%cx, %ecx			/* bits 16 to 31 */
	jrcxz	1f
	jmp	\to
1:	mov	%eax, %ecx
	movzbl	%ch, %ecx			/* bits 8 to 15 */
	jrcxz	2f
	lea	-1(%rcx), %rcx
	jrcxz	2f
	jmp	\to				/* 512 and above */
2:
.endm

/*
 * A site whose number is not known comes here instead of to a slot, with the slot's frame;
 * [rsp] is where it goes on, and two bytes before that stands a syscall instruction, for
 * the numbers that have no slot, or must not leave their stack. Neither flags nor any
 * register but rcx and r11 may change, hence lea and jrcxz. The kernel looks at eax only
 * (arch/x86/entry/entry_64.S, movslq %eax), so does this.
 */
runtime_gate:
	numbers_without_slot .Linline
	mov	%eax, %ecx
	lea	-15(%rcx), %rcx			/* rt_sigreturn */
	jrcxz	.Linline
	lea	15-56(%rcx), %rcx		/* clone */
	jrcxz	.Lask
	lea	56-58(%rcx), %rcx		/* vfork */
	jrcxz	.Lask
	lea	58-435(%rcx), %rcx		/* clone3 */
	jrcxz	.Lask
	mov	%eax, %ecx
	lea	(,%rcx,8), %rcx
	mov	runtime_block+SECTION(%rip), %r11
	lea	(%r11,%rcx,8), %rcx
	lea	runtime_block(%rip), %r11
	lea	(%r11,%rcx), %rcx
	slot_go

.Lask:
	lea	-SYSLAYER_FRAME(%rsp), %rsp
	lea	1f(%rip), %rcx
	mov	%rcx, (%rsp)
	jmp	.Lask_slot
	int3					/* unwinders look one byte before where it goes on */
1:	jrcxz	.Linline
	slot_return				/* answered */
.Linline:
	mov	(%rsp), %rcx
	lea	-2(%rcx), %rcx
	lea	SYSLAYER_FRAME(%rsp), %rsp
	jmp	*%rcx

/*
 * What asks before a call that stays where it is, because the program compares its pc with that
 * place, comes here with the slot's frame, and gets the answer of a slot's ask entry.
 */
runtime_gate_ask:
	numbers_without_slot .Lgo_on
	mov	%eax, %ecx
	jrcxz	.Lask_header
	lea	-1(%rcx), %rcx
	jrcxz	.Lask_header
.Lask_slot:
	mov	%eax, %ecx
	lea	(,%rcx,8), %rcx
	mov	runtime_block+SECTION(%rip), %r11
	lea	SYSLAYER_SLOT_ASK(%r11,%rcx,8), %rcx
	lea	runtime_block(%rip), %r11
	lea	(%r11,%rcx), %rcx
	slot_go
.Lask_header:
	mov	runtime_block+SECTION(%rip), %rcx
	lea	runtime_block(%rip), %r11
	lea	(%r11,%rcx), %r11
	mov	SYSLAYER_IMAGE_ASK(%r11), %ecx
	jrcxz	.Lgo_on
	lea	(%r11,%rcx), %rcx
	slot_go
.Lgo_on:
	slot_go_on
runtime_gate_end:

	.section .note.GNU-stack, "", @progbits
