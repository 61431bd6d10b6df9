/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer for enforcement by the kernel module, where a system call that is made outside of
 * the section kills: signal handlers return here, and enforcement cannot be switched off.
 */
#include <syslayer/slot-x86_64.h>

#define RT_SIGACTION 13
#define RT_SIGRETURN 15
#define PRCTL 157
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define EPERM 1

/* struct sigaction of the kernel (asm/signal.h). */
#define ACTION_HANDLER 0
#define ACTION_FLAGS 8
#define ACTION_RESTORER 16
#define ACTION_MASK 24
#define ACTION_SIZE 32

.macro enforce_slot n
	.if	\n < 2
	slot_native_short
	.elseif	\n == RT_SIGACTION
	slot_hook sigaction, ask
	.elseif	\n == PRCTL
	slot_hook prctl, ask
	.else
	slot_native
	.endif
.endm

	image enforce, slot=enforce_slot

	.text
ask:
	slot_go_on

/* The call with a copy of the action whose restorer is ours. */
sigaction:
	mov	%rsi, %rcx
	jrcxz	1f
	lea	-ACTION_SIZE-8(%rsp), %rsp
	mov	%rsi, ACTION_SIZE(%rsp)
	mov	ACTION_HANDLER(%rsi), %rcx
	mov	%rcx, ACTION_HANDLER(%rsp)
	mov	ACTION_FLAGS(%rsi), %rcx
	mov	%rcx, ACTION_FLAGS(%rsp)
	mov	ACTION_MASK(%rsi), %rcx
	mov	%rcx, ACTION_MASK(%rsp)
	lea	restorer(%rip), %rcx
	mov	%rcx, ACTION_RESTORER(%rsp)
	mov	%rsp, %rsi
	syscall
	mov	ACTION_SIZE(%rsp), %rsi
	lea	ACTION_SIZE+8(%rsp), %rsp
	slot_return
1:	syscall
	slot_return

prctl:
	mov	%edi, %ecx
	lea	-PR_SET_SYSCALL_USER_DISPATCH(%rcx), %ecx
	jrcxz	1f
	syscall
	slot_return
1:	mov	$-EPERM, %rax
	slot_return

/* Debuggers and unwinders know it by these bytes; they look one byte before, too. */
	nop
restorer:
	mov	$RT_SIGRETURN, %rax
	syscall

	.section .note.GNU-stack, "", @progbits
