/* SPDX-License-Identifier: BSD-2-Clause */
/* A program all of whose functions have a personality, or, with LAST, only the last one. */
	.text
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

	function first
#ifndef LAST
	.cfi_personality 0x1b, personality
#endif
	mov	$110, %eax
	syscall
	ret
	end	first

	function _start
#ifndef LAST
	.cfi_personality 0x1b, personality
#endif
	call	first
	mov	$60, %eax
	xor	%edi, %edi
	syscall
	end	_start

	function personality
	.cfi_personality 0x1b, personality
	ret
	end	personality

	.section .note.GNU-stack, "", @progbits
