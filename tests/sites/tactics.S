/* SPDX-License-Identifier: BSD-2-Clause */
/* Sites with room for a jump at one side, at both, in the two together, and nowhere. 3 is close, 0 is read. */
	.macro function name
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm
	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.text
	ret
	function before
	mov	$3, %eax
	syscall
	ret
	end before

/* Comes back to the instruction itself, so that nothing before it may move. */
	function after
	xor	%eax, %eax
	jmp	1f
	mov	$3, %eax
1:	syscall
	neg	%rax
	neg	%rax
	ret
	end after

	function around
	xor	%eax, %eax
	syscall
	ret
	end around

	function around_two
	xor	%eax, %eax
	cld
	push	%rax
	jmp	1f
1:	pop	%rax
	cld
	syscall
	cld
	jmp	2f
2:	ret
	end around_two

/* Two that are too close for more than one of them to be replaced with its neighbours. */
	function three
	xor	%eax, %eax
	syscall
	xor	%eax, %eax
	syscall
	xor	%eax, %eax
	syscall
	ret
	end three

	function nowhere
	xor	%eax, %eax
	jmp	1f
1:	syscall
	jmp	2f
2:	ret
	end nowhere
	.section .note.GNU-stack, "", @progbits
