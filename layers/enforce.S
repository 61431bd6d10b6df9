/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer for enforcement by the kernel module, where a system call that is made outside of the
 * section kills. So it makes in the section what other layers leave elsewhere: what it is asked about,
 * clone(2) and the like among it, and the return of signal handlers. Enforcement cannot be switched off.
 */
#include <syslayer/layer.h>

#define MMAP 9
#define MUNMAP 11
#define RT_SIGACTION 13
#define CLONE 56
#define VFORK 58
#define PRCTL 157
#define CLONE3 435
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define EPERM 1

/* For as many sites of clone(2), vfork(2) and clone3(2): enforce.c knows it. */
#define PLACES 256

.macro enforce_call n
	slot_syscall
	slot_return
.endm

.macro enforce_ask n
	.if	\n == CLONE || \n == VFORK || \n == CLONE3 || \n == MUNMAP
	jmp	without_stack
	.else
	jmp	ask
	.endif
.endm

.macro enforce_slot n
	.if	\n == RT_SIGACTION
	slot_hook \n, sigaction, ask
	.elseif	\n == PRCTL
	slot_hook \n, prctl, ask
	.elseif	\n == MMAP
	slot_hook \n, mmap, ask
	.else
	slot_shape \n, enforce
	.endif
.endm

	image enforce, slot=enforce_slot, ask=ask, flags=SYSLAYER_IMAGE_ALL

	.text
/* A call that stays in its place, where it cannot be made: it is made here. */
ask:
	slot_save
	lea	SLOT_SAVED(%rbx), %rdi
	call	enforce_is_cancelled
	xor	$1, %eax
	mov	%rax, %rcx
	slot_restore
	jrcxz	1f
	syscall
	slot_answer
1:	slot_go_on

/*
 * A call after which there is no stack, or another one, or one that has been used by a child: it is made at a
 * place that is for this site alone, and knows without a stack where the site goes on.
 */
without_stack:
	slot_save
	lea	SLOT_SAVED(%rbx), %rdi
	call	enforce_place
	mov	%rax, %rcx
	mov	%rdx, %r11
	slot_restore
	jrcxz	1f
	mov	%r11, %rsp
	slot_go
	/* All places are taken. */
1:	slot_go_on

	.globl	enforce_made
	.hidden	enforce_made
	.balign	16
enforce_made:
	.set	place, 0
	.rept	PLACES
	syscall
	mov	$1, %ecx			/* the answer: it has been made */
	jmp	*enforce_places + 8 * place(%rip)
	.balign	16, 0xcc
	.set	place, place + 1
	.endr

/* A library may have come. */
mmap:
	syscall
	slot_save
	mov	%rax, %rdi
	mov	%r10, %rcx
	call	enforce_mapped
	slot_restore
	slot_return

sigaction:
	slot_save
	mov	%r10, %rcx
	call	enforce_sigaction
	mov	%rax, %rcx
	slot_restore
	mov	%rcx, %rax
	slot_return

prctl:
	mov	%edi, %ecx
	lea	-PR_SET_SYSCALL_USER_DISPATCH(%rcx), %ecx
	jrcxz	1f
	slot_syscall
	slot_return
1:	mov	$-EPERM, %rax
	slot_return

	slot_restorer enforce_restorer, enforce_restores

	.section .note.GNU-stack, "", @progbits
