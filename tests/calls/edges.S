/* SPDX-License-Identifier: BSD-2-Clause */
/* A program without libc whose code begins and ends with a system call: exits with 7. */
	.globl	_start
	.text
	.type	first, @function
first:
	syscall
	ret
	.size	first, . - first
	.balign	16, 0xcc
	.type	_start, @function
_start:
	mov	$110, %eax
	call	first
	test	%eax, %eax
	js	last
	mov	$110, %eax
	call	first
	mov	$7, %edi
	.size	_start, . - _start
	.type	last, @function
last:
	mov	$231, %eax
	syscall
	.size	last, . - last
	.section .note.GNU-stack, "", @progbits
