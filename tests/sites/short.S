/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls around which nothing can be displaced, and fill between functions that a short jump may lead to. Each
 * function is far from the others' fill, and returns what getppid does.
 */
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
/* From the start of a function to `at` bytes behind it nothing is fill; there it begins, and the next function
 * behind it. A call of a function that is `closed` is at 7, so a jump of 2 bytes reaches from 0 to 136. */
	.macro fill_at name, at, before=0xc3
	.skip	\name + \at - 1 - ., 0xf4
	.byte	\before
	.endm
	.macro next name
	.balign	32, 0xcc
	function next_\name
	ret
	end next_\name
	.skip	300, 0xf4
	.balign	512, 0xf4
	.endm
/* Somebody comes to the call, and to what follows it. */
	.macro closed
	mov	$110, %eax
	jmp	1f
1:	syscall
	jmp	2f
2:	ret
	.endm

	.text
	.balign	512, 0xf4
/* A branch comes to the instruction itself. */
	function itself
	closed
	end itself
	fill_at	itself, 53
	.skip	11, 0xcc
	next	itself

/* Fill lies before it: what a linker writes between two sections. */
	function before_it
	ret
	end before_it
	fill_at	before_it, 55
	.nops	9
	function behind
	closed
	end behind
	.skip	300, 0xf4
	.balign	512, 0xf4

/* A register is on the stack, for who looks for the caller from there. */
	function pushed
	push	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
	mov	$110, %eax
	jmp	1f
1:	syscall
	jmp	2f
2:	pop	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	ret
	end pushed
	fill_at	pushed, 55
	.nops	9
	next	pushed

/* The call of another number is before it, and the jump goes where nothing tells: to the call itself. */
	function computed
	lea	.Lbase(%rip), %rdx
	mov	$.Lgoal - .Lbase, %ecx
	add	%rcx, %rdx
	mov	$110, %eax
	jmp	*%rdx
.Lbase:
	mov	$39, %eax
.Lgoal:
	syscall
	ret
	end computed
	fill_at	computed, 57
	.skip	7, 0xcc
	next	computed

/* The same without fill: what stands before it is displaced. */
	function no_fill
	lea	.Lonly(%rip), %rdx
	lea	(%rdx), %rdx
	jmp	*%rdx
	.balign	16, 0xf4
.Lonly:
	mov	$110, %eax
	syscall
	ret
	end no_fill
	.skip	300, 0xf4
	.balign	512, 0xf4

/* The number is known when it runs; the stack may not be used; a frame that does not come back. */
	function dynamic
	lea	110(%rdi), %eax
	sub	%edi, %eax
	jmp	1f
1:	syscall
	jmp	2f
2:	ret
	end dynamic
	fill_at	dynamic, 52
	.skip	12, 0xcc
	next	dynamic
	function forks
	mov	$58, %eax
	jmp	1f
1:	syscall
	jmp	2f
2:	test	%rax, %rax
	jnz	3f
	xor	%edi, %edi
	mov	$60, %eax
	jmp	4f
4:	syscall
	hlt
3:	mov	$110, %eax
	syscall
	ret
	end forks
	fill_at	forks, 84
	.skip	12, 0xcc
	next	forks

/* Two, and fill for one. */
	function first
	closed
	end first
	.balign	16, 0xf4
	function second
	closed
	end second
	fill_at	first, 56
	.skip	8, 0xcc
	next	second
/* Two, and fill for two. */
	function third
	closed
	end third
	.balign	16, 0xf4
	function fourth
	closed
	end fourth
	fill_at	third, 53
	.skip	11, 0xcc
	next	fourth

/* What is behind the second would move with the fill that the first jumps to. */
	function taker
	closed
	end taker
	.balign	32, 0xf4
	function returns
	mov	$110, %eax
	jmp	1f
	mov	$39, %eax
1:	syscall
	ret
	end returns
	.skip	17, 0xcc
	next	returns

/* Fill that is branched to, that has a name, that is too small, that is a part of a function, that is run into. */
	function branched
	closed
	jmp	.Linto
	end branched
	fill_at	branched, 54
	.skip	4, 0xcc
.Linto:
	.skip	6, 0x90
	next	branched
	function named
	closed
	end named
	fill_at	named, 56
	.skip	4, 0xcc
	.globl	fill_name
fill_name:
	.skip	4, 0x90
	next	named
	function small
	closed
	end small
	fill_at	small, 60
	.skip	4, 0xcc
	next	small
	function inside
	closed
	fill_at	inside, 56
	.skip	8, 0xcc
	end inside
	next	inside
	function run_into
	closed
	end run_into
	fill_at	run_into, 56, 0xfc
	.skip	8, 0x90
	next	run_into
/* More than aligns the next function. */
	function long_one
	closed
	end long_one
	fill_at	long_one, 56
	.skip	40, 0xcc
	next	long_one

/* The last byte that can be reached, and the first that cannot. */
	function near
	closed
	end near
	fill_at	near, 136
	.skip	24, 0xcc
	next	near
	function far
	closed
	end far
	fill_at	far, 137
	.skip	23, 0xcc
	next	far
	.section .note.GNU-stack, "", @progbits
