/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls that are reached in a way that only one thing in the file tells: each function returns what
 * getppid does. What goes there by another way, or into the middle of what was replaced, ends otherwise.
 */
	.macro function name
	.globl	\name
	.protected \name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm
	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.text
/* Never run: what stands before the call, and would be displaced with it. */
	.macro other
	mov	$39, %eax
	.endm

#ifdef __PIC__
/* A pointer in data, by a relocation without symbol. */
	function t_pointer
	mov	$110, %eax
	jmp	*pointer(%rip)
	other
.Lpointer:
	syscall
	ret
	end t_pointer
	.section .data.rel.ro, "aw"
	.balign	8
pointer:
	.quad	.Lpointer
	.text

/* By a relocation with a symbol and an addend. */
	function t_addend
	mov	$110, %eax
	jmp	*addend(%rip)
	.globl	t_addend_base
t_addend_base:
	other
	syscall
	ret
	end t_addend
	.section .data.rel.ro, "aw"
addend:
	.quad	t_addend_base + 5
	.text

/* Distances from a table that is loaded before. */
	function t_table
	lea	distances(%rip), %rdx
	movslq	4(%rdx), %rcx
	add	%rdx, %rcx
	mov	$110, %eax
	jmp	*%rcx
.Ltable0:
	other
.Ltable1:
	syscall
	ret
	end t_table
	.section .rodata
	.balign	4
distances:
	.long	.Ltable0 - distances, .Ltable1 - distances
	.text
#else
/* Without a load bias: an address as an operand, short and whole. */
	function t_operand
	mov	$.Loperand, %edx
	mov	$110, %eax
	jmp	*%rdx
	other
.Loperand:
	syscall
	ret
	end t_operand

	function t_whole
	movabs	$.Lwhole, %rdx
	mov	$110, %eax
	jmp	*%rdx
	other
.Lwhole:
	syscall
	ret
	end t_whole

	function t_pushed
	mov	$110, %eax
	push	$.Lpushed
	ret
	other
.Lpushed:
	syscall
	ret
	end t_pushed

/* A table of addresses, of 8 and of 4 bytes. */
	function t_table
	mov	$1, %edx
	mov	$110, %eax
	jmp	*addresses(,%rdx,8)
.Ltable0:
	other
.Ltable1:
	syscall
	ret
	end t_table

	function t_halves
	mov	$1, %edx
	mov	$110, %eax
	mov	halves(,%rdx,4), %ecx
	jmp	*%rcx
.Lhalves0:
	other
.Lhalves1:
	syscall
	ret
	end t_halves
	.section .rodata
	.balign	8
addresses:
	.quad	.Ltable0, .Ltable1
halves:
	.long	.Lhalves0, .Lhalves1
	.text
#endif

/* Loaded by lea, in a function of its own. */
	function t_lea
	call	t_lea_address
	mov	$110, %eax
	jmp	*%rdx
	other
.Llea:
	syscall
	ret
	end t_lea
	function t_lea_address
	lea	.Llea(%rip), %rdx
	ret
	end t_lea_address

/* Branches from another function: long, short, conditional, and a call. */
	function t_far
	mov	$110, %eax
	jmp	t_far_away
	other
.Lfar:
	syscall
	ret
	end t_far

	function t_conditional
	mov	$110, %eax
	jmp	t_conditional_away
	other
.Lconditional:
	syscall
	ret
	end t_conditional

	function t_called
	mov	$110, %eax
	call	.Lcalled
	ret
	other
.Lcalled:
	syscall
	ret
	end t_called

	function t_short
	mov	$110, %eax
	jmp	1f
	other
2:	syscall
	ret
	.skip	100, 0x90
1:	jmp	2b
	end t_short

	function t_loop
	mov	$110, %eax
	mov	$1, %ecx
	jrcxz	1f
	dec	%ecx
	jrcxz	1f
	other
1:	syscall
	ret
	end t_loop

	.skip	1000, 0xcc
/* Into the middle of an instruction, past its prefix, as for lock; there is no room behind the call. */
	function t_prefix
	mov	$39, %eax
	test	%eax, %eax
	jnz	1f
	.byte	0x66
1:	mov	$110, %eax
	syscall
	ret
	end t_prefix
	function t_far_away
	.byte	0xe9
	.long	.Lfar - . - 4
	end t_far_away
	function t_conditional_away
	test	%rsp, %rsp
	.byte	0x0f, 0x85
	.long	.Lconditional - . - 4
	ud2
	end t_conditional_away

#ifdef PADS
/* Where a handler of exceptions begins. */
	function t_pad
	.cfi_personality 0x9b, personality
	.cfi_lsda 0x1b, .Llsda
	push	$110
	.cfi_adjust_cfa_offset 8
.Lpad_call:
	call	thrower
.Lpad_called:
	nopl	(%rax)
.Lpad:
	pop	%rax
	syscall
	.cfi_adjust_cfa_offset -8
	ret
	end t_pad
	.section .gcc_except_table, "a", @progbits
.Llsda:
	.byte	0xff, 0xff, 1		/* no base of landing pads, no types, ULEB128 */
	.uleb128 .Llsda_end - .Llsda_start
.Llsda_start:
	.uleb128 .Lpad_call - t_pad
	.uleb128 .Lpad_called - .Lpad_call
	.uleb128 .Lpad - t_pad
	.uleb128 0
.Llsda_end:
	.section .data.rel.ro, "aw"
	.balign	8
personality:
	.quad	__gxx_personality_v0
#endif
	.section .note.GNU-stack, "", @progbits
