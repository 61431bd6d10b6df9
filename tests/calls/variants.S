/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways in which a system call may stand in code. Each is long f(long), called with -1; what it must
 * return, variants.c has. 110 is getppid, 39 getpid, 0 read, 3 close, 24 sched_yield.
 */
	.macro function name
	.globl	\name
	.type	\name, @function
\name:
	.endm
	.macro end name
	.size	\name, . - \name
	.endm

	.section .rodata
fd:	.long	-1
	.balign	4
four:	.long	.Lfour0 - four, .Lfour1 - four, .Lfour2 - four
	.section .data.rel.ro, "aw"
	.balign	8
eight:	.quad	.Leight0, .Leight1, .Leight2
	.data
	.globl	variant_word
variant_word:
	.quad	5

	.text
	function v_xor
	xor	%eax, %eax
	syscall
	ret
	end v_xor

	.balign	16
	function v_xor_padded
	xor	%eax, %eax
	syscall
	ret
	end v_xor_padded
	.balign	16

	function v_xor_rax
	xor	%rax, %rax
	syscall
	ret
	end v_xor_rax

	function v_sub
	sub	%eax, %eax
	syscall
	ret
	end v_sub

	function v_upper_half
	movabs	$0xdeadbeef0000006e, %rax
	syscall
	ret
	end v_upper_half

	function v_minus_one
	mov	$-1, %eax
	syscall
	ret
	end v_minus_one

/* An operand relative to rip, alone, with an immediate of each size behind it. */
	function v_rip_lea
	mov	$110, %eax
	lea	variant_word(%rip), %rdx
	syscall
	cmpq	$5, (%rdx)
	je	1f
	xor	%eax, %eax
1:	ret
	end v_rip_lea

	function v_rip_mov
	mov	$3, %eax
	mov	fd(%rip), %edi
	syscall
	ret
	end v_rip_mov

	function v_rip_cmp
	mov	$110, %eax
	cmpl	$5, variant_word(%rip)
	syscall
	je	1f
	xor	%eax, %eax
1:	ret
	end v_rip_cmp

	function v_rip_cmp_large
	mov	$110, %eax
	cmpl	$0x12345678, variant_word(%rip)
	syscall
	jne	1f
	xor	%eax, %eax
1:	ret
	end v_rip_cmp_large

	function v_rip_store
	mov	$110, %eax
	movq	$7, variant_word(%rip)
	syscall
	cmpq	$7, variant_word(%rip)
	je	1f
	xor	%eax, %eax
1:	movq	$5, variant_word(%rip)
	ret
	end v_rip_store

	function v_rip_behind
	mov	$110, %eax
	jmp	1f
1:	syscall
	mov	variant_word(%rip), %rdx
	cmp	$5, %rdx
	je	2f
	xor	%eax, %eax
2:	ret
	end v_rip_behind

/* The site is a branch target, and so is what stands before it. */
	function v_loop
	push	%rbx
	mov	$3, %ebx
1:	mov	$110, %eax
2:	syscall
	dec	%ebx
	jz	3f
	mov	$110, %eax
	jmp	2b
3:	pop	%rbx
	ret
	end v_loop

	function v_loop_around
	push	%rbx
	mov	$3, %ebx
1:	mov	$110, %eax
	syscall
	dec	%ebx
	jne	1b
	pop	%rbx
	ret
	end v_loop_around

/* Two numbers come to one site. */
	function v_two_numbers
	push	%rbx
	push	%r12
	mov	$39, %eax
	xor	%ebx, %ebx
	xor	%r12d, %r12d
	jmp	2f
1:	mov	$110, %eax
2:	syscall
	add	%rax, %r12
	inc	%ebx
	cmp	$2, %ebx
	jb	1b
	mov	%r12, %rax
	pop	%r12
	pop	%rbx
	ret
	end v_two_numbers

	function v_skip_number
	mov	$110, %eax
	test	%edi, %edi
	jnz	1f
	mov	$39, %eax
1:	syscall
	ret
	end v_skip_number

	function v_jump_into
	mov	$3, %edx
	mov	$110, %eax
	cmp	$3, %edx
	je	1f
	mov	$39, %eax
	mov	$-1, %esi
1:	mov	%esi, %edi
	mov	%esi, %r8d
	syscall
	ret
	end v_jump_into

	function v_jump_table_4
	lea	four(%rip), %rdx
	movslq	8(%rdx), %rcx
	add	%rdx, %rcx
	mov	$110, %eax
	jmp	*%rcx
.Lfour0:
	mov	$39, %eax
.Lfour1:
	mov	$3, %eax
.Lfour2:
	syscall
	ret
	end v_jump_table_4

/* A table within the code. */
	function v_jump_table_in_code
	lea	inner(%rip), %rdx
	movslq	8(%rdx), %rcx
	add	%rdx, %rcx
	mov	$110, %eax
	jmp	*%rcx
	.balign	4
inner:
	.long	.Linner0 - inner, .Linner1 - inner, .Linner2 - inner
.Linner0:
	mov	$39, %eax
.Linner1:
	mov	$3, %eax
.Linner2:
	syscall
	ret
	end v_jump_table_in_code

	function v_jump_table_8
	mov	$110, %eax
	jmp	*eight+16(%rip)
.Leight0:
	mov	$39, %eax
.Leight1:
	mov	$3, %eax
.Leight2:
	syscall
	ret
	end v_jump_table_8

	function v_loaded_address
	mov	$110, %eax
	lea	1f(%rip), %rdx
	jmp	*%rdx
	mov	$39, %eax
1:	syscall
	ret
	end v_loaded_address

/* The number comes in parts. */
	function v_low_byte
	mov	$0x27, %eax
	mov	$110, %al
	syscall
	ret
	end v_low_byte

	function v_cmov
	mov	$39, %eax
	mov	$110, %ecx
	test	%rdi, %rdi
	cmovnz	%ecx, %eax
	syscall
	ret
	end v_cmov

	function v_exchange
	mov	$39, %eax
	mov	$110, %ecx
	xchg	%eax, %ecx
	syscall
	ret
	end v_exchange

	function v_popped
	push	$110
	mov	$39, %eax
	pop	%rax
	syscall
	ret
	end v_popped

	function v_multiplied
	mov	$55, %eax
	imul	$2, %eax, %eax
	syscall
	ret
	end v_multiplied

	function v_string
	mov	$39, %eax
	lea	variant_byte(%rip), %rsi
	lodsb
	syscall
	ret
	end v_string
	.section .rodata
variant_byte:
	.byte	110
	.text

/* Neighbours. */
	function v_back_to_back
	mov	$24, %eax
	syscall
	syscall
	ret
	end v_back_to_back

	function v_near
	mov	$24, %eax
	syscall
	mov	$110, %eax
	syscall
	mov	%eax, %edx
	mov	$24, %eax
	syscall
	mov	%edx, %eax
	ret
	end v_near

/* What stands between them makes room for the one or the other. */
	function v_shared
	mov	$24, %eax
	jmp	1f
1:	syscall
	mov	$110, %eax
	syscall
	ret
	end v_shared
	.balign	16

	function v_first_and_last
	mov	$110, %eax
	call	v_first
	mov	%eax, %edx
	mov	$110, %eax
	call	v_last
	cmp	%eax, %edx
	je	1f
	xor	%eax, %eax
1:	ret
	end v_first_and_last

	function v_first
	syscall
	ret
	end v_first
	.balign	16

	function v_last
	mov	$110, %eax
	syscall
	end v_last
	function v_behind
	ret
	end v_behind

	function v_return_and_padding
	mov	$110, %eax
	jmp	1f
1:	syscall
	ret
	end v_return_and_padding
	.balign	16

	function v_pushes
	push	%rbx
	mov	$110, %eax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rbx
	push	%rbp
	syscall
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rbx
	cmp	$-1, %rdi
	je	1f
	xor	%eax, %eax
1:	ret
	end v_pushes

	function v_stack_operands
	push	$77
	push	$78
	mov	$110, %eax
	mov	8(%rsp), %rdx
	syscall
	mov	(%rsp), %rcx
	pop	%r8
	pop	%r8
	lea	(%rcx,%rdx), %rcx
	cmp	$77 + 78, %rcx
	je	1f
	xor	%eax, %eax
1:	ret
	end v_stack_operands

	function v_behind_call
	call	v_number
	syscall
	ret
	end v_behind_call
	function v_number
	mov	$110, %eax
	ret
	end v_number

	function v_behind_indirect_call
	lea	v_number(%rip), %rdx
	call	*%rdx
	syscall
	ret
	end v_behind_indirect_call

	function v_landing_pad
	mov	$110, %eax
	jmp	1f
	.balign	16
1:	endbr64
	syscall
	ret
	end v_landing_pad

	function v_rex
	mov	$110, %eax
	.byte	0x48
	syscall
	ret
	end v_rex

/* The bytes of the instruction, within others. */
	function v_no_instruction
	mov	$0x050f, %eax
	movabs	$0x050f050f050f050f, %rdx
	cmpl	$0x0f050f05, variant_word(%rip)
	ret
	end v_no_instruction

/* What lies below rsp is alive, and the call writes into it: uname would not fit, clock_gettime does. */
	function v_red_zone
	movabs	$0x1122334455667788, %rdx
	mov	%rdx, -8(%rsp)
	mov	%rdx, -16(%rsp)
	mov	%rdx, -112(%rsp)
	movq	$-1, -120(%rsp)
	movq	$-1, -128(%rsp)
	xor	%edi, %edi
	lea	-128(%rsp), %rsi
	mov	$228, %eax
	syscall
	cmp	-8(%rsp), %rdx
	jne	1f
	cmp	-16(%rsp), %rdx
	jne	1f
	cmp	-112(%rsp), %rdx
	jne	1f
	cmpq	$-1, -120(%rsp)
	je	1f
	cmpq	$-1, -128(%rsp)
	je	1f
	ret
1:	mov	$-1, %rax
	ret
	end v_red_zone

/* The instruction straddles a page; its first byte is a page's last. */
	.balign	4096
	.skip	4096 - 1 - 8, 0x90
	function v_page
	mov	$110, %eax
	xchg	%edx, %edx
	nop
	syscall
	ret
	end v_page
	.skip	4096 - 8 - 2, 0x90
	function v_page_start
	mov	$110, %eax
	nopl	(%rax)
	syscall
	ret
	end v_page_start

/* Constants between functions, with and without a symbol. */
	.balign	16
	.globl	variant_table, variant_table_end
	.type	variant_table, @object
variant_table:
	.quad	0x428a2f98d728ae22, 0x7137449123ef65cd, 0x050f9b05a8f7050f, 0xe9b5dba58189dbbc
	.quad	0x0f05ed7f0f050f05, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118
	.byte	0xff, 0xff, 0x0f, 0x05, 0xff, 0xff, 0x06, 0x0f, 0x05, 0x06, 0x0e, 0x0f, 0x05, 0x0e, 0x16, 0x17
	.size	variant_table, . - variant_table
	.Lanonymous:
	.quad	0x06160e0f05d61e06, 0xd807aa98a3030242, 0x12835b0145706fbe, 0x0e050f0e4ee4b28c
	.quad	0x1f2706050f060e16, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1
variant_table_end:
	.balign	16

	.section .note.GNU-stack, "", @progbits
