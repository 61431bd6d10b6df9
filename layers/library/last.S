/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a thread, which has no stack any more. */
#include "stack.h"

/*
 * exit(2): nothing is written to the program's stack, which another thread may use for something else
 * already (Go), or which is unmapped (musl). Who has it cannot be told by its address, then, but by the
 * number of the thread. The call is made whatever the handler says.
 */
function syslayer_last_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

function syslayer_last
	mov	%rcx, %r11
1:	cld
	mov	%rsp, %rbp
	mov	%rdi, %r12
	mov	%rcx, %r13
	mov	%r11, %r14
	testb	$1 << (186 % 8), syslayer_killed + 186 / 8(%rip)
	jnz	6f				/* unseen, then */
	mov	$186, %eax			/* gettid */
	syscall
	lea	1(%rax, %rax), %r15		/* odd: no address */
	and	$STACKS - 1, %eax
	shl	$6, %eax
	lea	syslayer_stacks(%rip), %r8
	lea	STACKS_MAX * 64(%r8), %r9
	add	%rax, %r8
	claim	%r15, 2f
	lea	syslayer_no_stack(%rip), %rbx
	jmp	4f
2:	mov	%r8, %rbx
	mov	8(%r8), %rax
	test	%rax, %rax
	jnz	3f
	own_stack 5f
	mov	%rax, 8(%rbx)
3:	mov	%rax, %rsp
4:	and	$-16, %rsp
	sub	$CALL_SIZE, %rsp
	mov	%rsp, %rdi
	mov	$CALL_SIZE / 8, %ecx
	xor	%eax, %eax
	rep stosq
	movq	$60, (%rsp)
	mov	%r12, CALL_ARGUMENT(%rsp)
	mov	%r12, CALL_SAVED(%rsp)
	mov	%rsp, %rdi
	mov	%r13, %rsi
	call	*%r14
	cmpl	$0, syslayer_cancels(%rip)
	je	7f
	call	syslayer_cancel_take		/* too late */
7:	mov	(%rsp), %rax
	mov	CALL_ARGUMENT(%rsp), %rdi
	mov	%rbp, %rsp
	movq	$0, (%rbx)
	syscall
	/* It was made another call, or a filter forbids it. */
6:	mov	%r12, %rdi
	mov	$60, %eax
	syscall
	jmp	6b
5:	map_stack
	cmp	$-4095, %rax
	jae	4b
	add	$STACK_SIZE, %rax
	mov	%rax, 8(%rbx)
	jmp	3b

	.section .note.GNU-stack, "", @progbits
