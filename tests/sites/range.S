/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cancellable system calls: long f(volatile int *flag, long number, six arguments), and the range of pc
 * in which a signal handler finds that the call has not been made. Each returns -512 when it was given up.
 */
	.macro function name
	.globl	\name, \name\()_start, \name\()_end, \name\()_cancel
	.type	\name, @function
	.balign	16
\name:
	.cfi_startproc
	.endm
	.macro end name
	.cfi_endproc
	.size	\name, . - \name
	.endm
	.macro moves
	mov	%rdi, %r11
	mov	%rsi, %rax
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	%r8, %rdx
	mov	%r9, %r10
	mov	8(%rsp), %r8
	mov	16(%rsp), %r9
	mov	%r11, 8(%rsp)
	.endm

	.text
/* As in musl. */
	function musl
musl_start:
	mov	(%rdi), %eax
	test	%eax, %eax
	jnz	musl_cancel
	moves
	syscall
musl_end:
	ret
musl_cancel:
	mov	$-512, %rax
	ret
	end musl

/* As in glibc from 2.41 on. */
	function glibc
	endbr64
glibc_start:
	mov	(%rdi), %eax
	testb	$8, (%rdi)
	.byte	0x0f, 0x85
	.long	glibc_cancel - . - 4
	moves
	syscall
glibc_end:
	ret
	end glibc
glibc_cancel:
	mov	$-512, %rax
	ret

/* As in qemu. */
	function qemu
	push	%rbp
	.cfi_adjust_cfa_offset 8
	mov	%rsi, %rax
	mov	%rdi, %rbp
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	%r8, %rdx
	mov	%r9, %r10
	mov	16(%rsp), %r8
	mov	24(%rsp), %r9
qemu_start:
	cmpl	$0, (%rbp)
	jnz	qemu_cancel
	syscall
qemu_end:
	pop	%rbp
	ret
qemu_cancel:
	pop	%rbp
	mov	$-512, %rax
	ret
	end qemu

/* No layer can be asked before this one: the range begins with the function, and is none that is known. */
	function odd
odd_start:
	cmpl	$0, (%rdi)
	jnz	odd_cancel
	mov	%rsi, %rax
	mov	%rdx, %rdi
	mov	%rcx, %rsi
	mov	%r8, %rdx
	syscall
odd_end:
	ret
odd_cancel:
	mov	$-512, %rax
	ret
	end odd

/* Nor here: the second argument is set behind the range's start. */
	function late
	mov	%rsi, %rax
	mov	%rdi, %r9
	mov	%rdx, %rdi
	mov	%r8, %rdx
late_start:
	cmpl	$0, (%r9)
	jnz	late_cancel
	mov	%rcx, %rsi
	syscall
late_end:
	ret
late_cancel:
	mov	$-512, %rax
	ret
	end late
	.section .note.GNU-stack, "", @progbits
