/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stubs on x86-64: what a slot is made of (syslayer-slot(7)). rcx and r11 are the only registers that a stub may
 * lose, as with the instruction itself; flags are kept, so the stack pointer moves by lea alone.
 *
 * Layers in C (layer.h) have it included by the assembler, which takes the preprocessor's lines
 * for comments: the constants of abi.h are symbols then.
 */
#ifndef SYSLAYER_SLOT_X86_64_H
#define SYSLAYER_SLOT_X86_64_H

#include <syslayer/abi.h>

/*
 * The call, in a stub that leaves by an indirect jump. Kernels have processors forget the branches that came before it
 * (BHI); an indirect one that is the first after it is mispredicted then, on Intel's of 2023 for 13 ticks, and behind
 * a direct one it is not.
 */
.macro slot_syscall
	syscall
	jmp	. + 2
.endm

/* Go to a slot, in rcx: by an instruction that no stub is left with, as the rule for unwinding looks at the code. */
.macro slot_go to=%rcx
	notrack jmp	*\to
.endm

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
 * A slot that is asked goes to \to where the call is a cancellation point of a C library: there the slot may make it in
 * its place (syslayer-abi(7), "Calls that stay in their place"). \site: the register that has [rsp], the site's address.
 * It calls, with the registers of the call, SLOT_POINT behind that, having put on the stack the word that stands 8 bytes
 * above the slot's frame, and lowered it by an even number of words in all, and answers with the result. Flags change.
 */
.macro slot_cancel_point site:req, to:req
	cmpw	$0x05e3, (\site)			/* jrcxz over a jump: */
	jne	1f
	cmpl	$0x245c8b4c, 7(\site)		/* mov 8(%rsp), %r11; jmp */
	jne	1f
	cmpw	$0xe908, 11(\site)
	je	\to
1:
.endm
#define SLOT_POINT 7

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
 */
.macro slot_error_branch to:req
	mov	%rax, %rcx
	bswap	%rcx
	not	%ecx
	jrcxz	\to
.endm

/* Where each slot makes its own call only (layer.h, SYSLAYER_PINNED). */
.macro slot_number n:req
	.ifdef	syslayer_has_pinned
	mov	$\n, %eax
	.endif
.endm

/*
 * Slot n: the code of its two entries, each a line. Slots 0 and 1 have no second, and 16 bytes for the first. If the
 * expression \away is true, the code stands elsewhere, and the slot goes there.
 */
.macro slot_entries n:req, call:req, ask=, away=0
	.if	\away
	slot_hook \n, .Lcall\@, .Lask\@
	.pushsection .text.slot_entries, "ax", @progbits
	.balign	64
.Lcall\@:
	\call
	.if	\n >= 2
.Lask\@:
	\ask
	.endif
	.popsection
	.else
.Lslot\@:
	\call
	.if	\n >= 2
	.org	.Lslot\@ + SYSLAYER_SLOT_ASK, 0xcc
	\ask
	.org	.Lslot\@ + SYSLAYER_SLOT_SIZE, 0xcc
	.else
	.org	.Lslot\@ + 16, 0xcc
	.endif
	.endif
.endm

/* The same, from the macros \shape_call and \shape_ask, which take n. */
.macro slot_shape n:req, shape:req, away=0
	slot_entries \n, "\shape\()_call \n", "\shape\()_ask \n", "\away"
.endm

/* Both go elsewhere. */
.macro slot_hook n:req, call:req, ask=
	slot_entries \n, "jmp \call", "jmp \ask"
.endm

/* The native stub. */
.macro slot_native n=2
	.ifdef	syslayer_has_pinned
	slot_shape \n, slot_native, "\n < 2"
	.else
	slot_shape \n, slot_native
	.endif
.endm

.macro slot_native_call n:req
	slot_number \n
	slot_syscall
	slot_return
.endm

.macro slot_native_ask n:req
	slot_number \n
	slot_go_on
.endm

/* All that a function in C may change, and rbx; on a stack that is aligned for it, which rbx remembers. */
.macro slot_save
	pushf
	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r8
	push	%r9
	push	%r10
	push	%rbx
	mov	%rsp, %rbx
	and	$-16, %rsp
	cld
.endm

/* Bytes from rbx to what was the top of the stack. */
#define SLOT_SAVED 72

.macro slot_restore
	mov	%rbx, %rsp
	pop	%rbx
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	popf
.endm

/*
 * What a signal handler returns to, where that must be in the image. Unwinders go on to the restorer that the
 * program has given, whose address is the word \restores of the state; 0: they end. Debuggers know it by its bytes
 * as well, and look one byte before.
 */
.macro slot_restorer name:req, restores:req
	nop
	.balign	16
	.globl	\name
	.hidden	\name
\name:
	mov	$15, %rax			/* rt_sigreturn */
	syscall
	nopl	\restores(%rip)
.endm

/*
 * Behind a syscall instruction that is executed with more on the stack than the slot's frame: by so many
 * bytes. It does nothing, and lets unwinders find the program's frames.
 */
.macro slot_depth bytes:req
	.byte	0x0f, 0x1f, 0x80		/* nopl disp32(%rax) */
	.short	\bytes, SYSLAYER_DEPTH
.endm

#endif
