/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wrappers' code, as macros: preprocessed once, then included by one generated file a wrapper.
 *
 * rcx and r11 are lost by the kernel anyway, so rcx carries the return address to the frame.
 * The caller's call pairs with the ret here; the stub comes back by a jump, so that the
 * processor's return predictor stays in step.
 */
#include <syslayer/abi.h>

	.section .note.GNU-stack, "", @progbits

.macro function name
	/*
	 * Hidden: every linked object has a section of its own, and its calls must not be bound
	 * to the wrappers, and so to the section, of another one.
	 */
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
.endm

.macro begin name
	.section .text.\name, "ax", @progbits
	.p2align 4
	function \name
	.cfi_startproc
.endm

.macro end name
	.cfi_endproc
	.size	\name, . - \name
.endm

.macro load_number number, arguments
	mov	$\number, %eax
	.if	\arguments >= 4
	mov	%rcx, %r10
	.endif
.endm

.macro through_slot number, arguments
	load_number \number, \arguments
	lea	-SYSLAYER_FRAME(%rsp), %rsp
	.cfi_adjust_cfa_offset SYSLAYER_FRAME
	lea	2f(%rip), %rcx
	mov	%rcx, (%rsp)
	.byte	0xe9			/* jmp rel32, never the short form: the linker plugin moves the target */
	/*
	 * Inside the instruction: an unwinder that comes from the stub looks up the byte before
	 * the return address, and the stub's own CFI has taken the frame off by then.
	 */
	.cfi_adjust_cfa_offset -SYSLAYER_FRAME
1:	.long	__syslayer_slots + SYSLAYER_SLOT_SIZE * \number - . - 4
2:
	.hidden	__syslayer_slots
	.pushsection .syslayer.calls, "", @progbits
	.quad	1b
	.popsection
.endm

/*
 * vfork, clone, clone3: parent and child may share the stack, or the child has a new one, so
 * the return address waits in r9, which none of the three takes and the kernel keeps.
 */
.macro in_place number, arguments
	pop	%r9
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %r9
	load_number \number, \arguments
	syscall
	push	%r9
	.cfi_adjust_cfa_offset 8
	.cfi_offset %rip, -8
.endm

.macro classic_return
	cmp	$-4096, %rax
	ja	3f
	ret
3:	mov	%rax, %rdi
	.hidden	__libsys_error
	jmp	__libsys_error
.endm

.macro raw_slot name, number, arguments
	begin	sys_\name
	through_slot \number, \arguments
	ret
	end	sys_\name
.endm

.macro classic_slot name, number, arguments
	begin	libsys_\name
	through_slot \number, \arguments
	classic_return
	end	libsys_\name
.endm

.macro raw_in_place name, number, arguments
	begin	sys_\name
	in_place \number, \arguments
	ret
	end	sys_\name
.endm

.macro classic_in_place name, number, arguments
	begin	libsys_\name
	in_place \number, \arguments
	classic_return
	end	libsys_\name
.endm

/*
 * The frame lies at rsp, so this is jumped to, as sa_restorer, never called. gdb and libgcc know
 * a signal frame by these 9 bytes where no FDE covers them; they look at the byte before as
 * well, which must not belong to a function with an FDE: hence the nop, and no CFI.
 */
.macro sigreturn name, number
	.section .text.\name, "ax", @progbits
	.p2align 4
	nop
	function \name
	mov	$\number, %rax
	syscall
	.size	\name, . - \name
.endm

.macro raw_sigreturn name, number, arguments
	sigreturn sys_\name, \number
.endm

.macro classic_sigreturn name, number, arguments
	sigreturn libsys_\name, \number
.endm
