/* SPDX-License-Identifier: BSD-2-Clause */
/* C runs on a stack of the layer's own, as the program's may be small; and these stacks. */
#include "stack.h"

/*
 * void syslayer_run(void (*f)(...), long a, long b, long c): f(a, b, c) on a stack of its own.
 * A stack is taken by the address of who uses it, on the program's stack: who comes with the
 * same address has left the one before by longjmp(3), by exec in a child of vfork(2), or by the
 * end of its thread, and takes its place. The first to be tried depends on the address, so that threads
 * rarely meet.
 */
function syslayer_run
	mov	%rdi, %r11
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
place syslayer_run_r11
	mov	%rsp, %rax
	shr	$12, %rax
	mov	%eax, %ecx
	shr	$5, %eax
	and	$127, %eax
	lea	syslayer_alternates(%rip), %r8
	mov	(%r8,%rax,4), %eax
	bt	%ecx, %eax
	jc	run_on_alternate
place syslayer_run_unguarded
	push	%rbp
	mov	%rsp, %rbp
	mov	%rsp, %rax
	shr	$20, %rax
	and	$STACKS - 1, %eax
	shl	$6, %eax
	lea	syslayer_stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	add	%rax, %r8
	mov	%rbp, %r10
	claim	%r10, 2f
	/* None is left: the program's own is what there is. */
	lea	syslayer_no_stack(%rip), %r8
	jmp	4f
2:	mov	8(%r8), %rax
	test	%rax, %rax
	jz	5f
3:	mov	%rax, %rsp
4:	and	$-16, %rsp
	push	%r8
	push	%r8
	call	*%r11
	pop	%r8
	mov	%rbp, %rsp
	movq	$0, (%r8)
	pop	%rbp
	ret
	/* Used for the first time. */
5:	own_stack 7f
6:	mov	%rax, 8(%r8)
	jmp	3b
7:	push	%r8
	push	%r11
	push	%rdi
	push	%rsi
	push	%rdx
	map_stack
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%r11
	pop	%r8
	cmp	$-4095, %rax
	jae	4b				/* the entry stays without a stack */
	add	$STACK_SIZE, %rax
	jmp	6b
run_end:

	window	syslayer_run, run_end

/* unsigned long *syslayer_claim(unsigned long owner): an entry whose stack stays taken, or 0. */
function syslayer_claim
	lea	syslayer_stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	claim	%rdi, 2f
	xor	%eax, %eax
	ret
2:	cmpq	$0, 8(%r8)
	jne	3f
	own_stack 5f
4:	mov	%rax, 8(%r8)
3:	mov	%r8, %rax
	ret
5:	push	%r8
	map_stack
	pop	%r8
	cmp	$-4095, %rax
	jae	6f
	add	$STACK_SIZE, %rax
	jmp	4b
6:	movq	$0, (%r8)
	xor	%eax, %eax
	ret
claim_end:

	window	syslayer_claim, claim_end

/* Perhaps on a signal stack of the program, which must not be taken for free (alternate.c). */
run_on_alternate:
	push	%r11
	push	%rdi
	push	%rsi
	push	%rdx
	sub	$24, %rsp
	movq	$0, 8(%rsp)			/* ss_flags */
	xor	%edi, %edi
	mov	%rsp, %rsi
	mov	$131, %eax			/* sigaltstack */
	syscall
	testl	$1, 8(%rsp)			/* SS_ONSTACK */
	jz	1f
	mov	$14, %eax			/* rt_sigprocmask */
	xor	%edi, %edi			/* SIG_BLOCK */
	lea	syslayer_waiting_signals(%rip), %rsi
	mov	%rsp, %rdx
	mov	$8, %r10d
	syscall
	mov	24(%rsp), %rdx
	mov	32(%rsp), %rsi
	mov	40(%rsp), %rdi
	mov	48(%rsp), %r11
	call	syslayer_run_unguarded
	mov	$14, %eax
	mov	$2, %edi			/* SIG_SETMASK */
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	add	$56, %rsp
	ret
1:	add	$24, %rsp
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%r11
	jmp	syslayer_run_unguarded
run_on_alternate_end:
	window	run_on_alternate, run_on_alternate_end

	/* All but what a crash makes, and SIGSYS. */
	.balign	8
place syslayer_waiting_signals
	.quad	~(1 << 3 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 30)

	.section .bss.stacks, "aw", @nobits
	.balign	4096
place syslayer_stack_memory
	.skip	STACKS * STACK_SIZE
	/* Its first entries, which are all that most processes use, share a page with small variables. */
	.section .bss.stacks_table, "aw", @nobits
	.balign	64
place syslayer_stacks
	.skip	STACKS_MAX * 64
place syslayer_no_stack
	.skip	64

	.section .note.GNU-stack, "", @progbits
