/* SPDX-License-Identifier: BSD-2-Clause */
/* The stub that records what a wrapper hands to the kernel, and the caller that checks what it keeps. */

	.text
	.globl	recorder, invoke

/* From a slot: rax, the arguments, [rsp] = where to go on; r11 = the slot's number. */
recorder:
	mov	%rax, recorded(%rip)
	mov	%rdi, recorded+8(%rip)
	mov	%rsi, recorded+16(%rip)
	mov	%rdx, recorded+24(%rip)
	mov	%r10, recorded+32(%rip)
	mov	%r8, recorded+40(%rip)
	mov	%r9, recorded+48(%rip)
	mov	%r11, recorded+56(%rip)
	mov	%rsp, recorded+64(%rip)
	mov	(%rsp), %rcx
	mov	%rcx, recorded+72(%rip)
	incq	recorded+80(%rip)
	mov	recorder_result(%rip), %rax
	/* What a kernel entry loses besides. */
	mov	$0x11, %r11d
	pop	%rcx
	lea	128(%rsp), %rsp
	jmp	*%rcx

/* long invoke(void (*function)(void), const long arguments[6]) */
invoke:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$8, %rsp
	mov	%rdi, %rax
	mov	%rsi, %r11
	mov	(%r11), %rdi
	mov	8(%r11), %rsi
	mov	16(%r11), %rdx
	mov	24(%r11), %rcx
	mov	32(%r11), %r8
	mov	40(%r11), %r9
	mov	$0x0b, %ebx
	mov	$0x0e, %ebp
	mov	$0x12, %r12d
	mov	$0x13, %r13d
	mov	$0x14, %r14d
	mov	$0x15, %r15d
	mov	%rsp, kept+48(%rip)
	cmpl	$0, direction(%rip)
	je	1f
	std
1:	call	*%rax
	mov	%rbx, kept(%rip)
	mov	%rbp, kept+8(%rip)
	mov	%r12, kept+16(%rip)
	mov	%r13, kept+24(%rip)
	mov	%r14, kept+32(%rip)
	mov	%r15, kept+40(%rip)
	mov	%rsp, kept+56(%rip)
	pushf
	pop	kept+64(%rip)
	cld
	mov	kept+48(%rip), %rsp
	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
