/* SPDX-License-Identifier: BSD-2-Clause */
/* A library with system calls of its own, which nobody rewrites. */
	.text
	/* long raw(number, a, b, c, d, e, f) */
	.globl	raw
	.type	raw, @function
raw:	.cfi_startproc
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret
	.cfi_endproc

	/* long raw_vfork(void) */
	.globl	raw_vfork
raw_vfork:
	pop	%rdx
	mov	$58, %eax
	syscall
	push	%rdx
	ret

	/* long raw_thread(long flags, void *stack, int *tid, void (*f)(void *), void *argument) */
	.globl	raw_thread
raw_thread:
	mov	%rcx, %r12
	mov	%r8, %r13
	mov	%rdx, %r10
	mov	$56, %eax
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	mov	%r13, %rdi
	call	*%r12
	mov	$60, %eax
	xor	%edi, %edi
	syscall

	/* void raw_unmap(void *stack, size_t size): the stack that it is on */
	.globl	raw_unmap
raw_unmap:
	mov	$11, %eax
	syscall
	mov	$60, %eax
	xor	%edi, %edi
	syscall

	/* int raw_state(void): whether a call keeps flags, red zone and vectors; 0 or what was lost */
	.globl	raw_state
raw_state:
	push	%rbx
	push	%rbp
	mov	$0x1122334455667788, %rbx
	movq	%rbx, %xmm0
	vbroadcastsd %xmm0, %ymm1
	vmovdqa	%ymm1, %ymm15
	mov	%rbx, -8(%rsp)
	mov	%rbx, -64(%rsp)
	mov	%rbx, -128(%rsp)
	mov	%rbx, %r12
	mov	%rbx, %r10
	mov	%rbx, %r8
	mov	%rsp, %rbp
	mov	$110, %eax			/* getppid */
	std
	stc
	syscall
	setnc	%cl
	cld
	movzbl	%cl, %eax
	test	%eax, %eax
	jnz	9f
	mov	$2, %eax
	cmp	%rbp, %rsp
	jne	9f
	mov	$3, %eax
	cmp	%rbx, -8(%rsp)
	jne	9f
	cmp	%rbx, -64(%rsp)
	jne	9f
	cmp	%rbx, -128(%rsp)
	jne	9f
	mov	$4, %eax
	cmp	%rbx, %r10
	jne	9f
	cmp	%rbx, %r8
	jne	9f
	mov	$5, %eax
	vextracti128 $1, %ymm15, %xmm2
	movq	%xmm2, %rcx
	cmp	%rbx, %rcx
	jne	9f
	xor	%eax, %eax
9:	pop	%rbp
	pop	%rbx
	vzeroupper
	ret

	/* long raw_int80(void): getppid(2) as i386 programs make it */
	.globl	raw_int80
raw_int80:
	mov	$64, %eax
	int	$0x80
	ret

	.section .note.GNU-stack, "", @progbits
