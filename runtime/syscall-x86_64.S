/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of the runtime and of the stubs that go on: runtime.h. */
	.text
	.globl	runtime_syscall
	.hidden	runtime_syscall
runtime_syscall:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	syscall
	ret

	.section .note.GNU-stack, "", @progbits
