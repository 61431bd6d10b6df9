/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program without libc that looks at what it is entered with: exits with 0 if rdx and rsp
 * are as from the kernel (rdx 0, argc at rsp, which is a multiple of 16), else says which by its status.
 */
	.globl	_start
	.text
_start:
	mov	$1, %edi
	test	%rdx, %rdx
	jnz	1f
	mov	$2, %edi
	cmpq	$3, (%rsp)			/* argc */
	jne	1f
	cmpq	$0, 32(%rsp)			/* the end of argv */
	jne	1f
	mov	$3, %edi
	test	$15, %spl
	jnz	1f
	mov	$4, %edi
	mov	8(%rsp), %rsi			/* argv[0] is below the file's name, at the top of the stack */
	cmp	%rsp, %rsi
	jb	1f
	xor	%edi, %edi
1:	mov	$231, %eax
	syscall
	.section .note.GNU-stack, "", @progbits
