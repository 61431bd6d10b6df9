/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that are made in C. */
#include "asm.h"

/* From where a function in C has a number and six arguments to where the kernel has them. */
.macro to_kernel
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
.endm

/* long syslayer_system_call(number, a, b, c, d, e, f) */
function syslayer_system_call
	cmpb	$0, syslayer_kills(%rip)
	jne	2f
1:	to_kernel
	syscall
	ret
2:	bt	%rdi, syslayer_killed(%rip)
	jnc	1b
	mov	$-1, %rax			/* EPERM */
	ret
system_call_end:
	window	syslayer_system_call, system_call_end

/*
 * The same, of the program's calls. rcx tells one that has waited and is about to be restarted, as the
 * instruction sets it: a thread that is cancelled must not wait again (cancel.c).
 */
function syslayer_program_call
	to_kernel
	xor	%ecx, %ecx
place syslayer_program_called
	syscall
	ret
program_call_end:
	window	syslayer_program_call, program_call_end

/* Of filter.c. */
	.section .bss, "aw", @nobits
	.globl	syslayer_killed, syslayer_kills
	.hidden	syslayer_killed, syslayer_kills
	.balign	8
syslayer_killed:
	.skip	64
syslayer_kills:
	.skip	1

	.section .note.GNU-stack, "", @progbits
