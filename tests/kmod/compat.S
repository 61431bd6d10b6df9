/* SPDX-License-Identifier: BSD-2-Clause */
/* A 32-bit program: exits with 32. */
	.globl	_start
_start:
	mov	$1, %eax
	mov	$32, %ebx
	int	$0x80
	.section .note.GNU-stack, "", @progbits
