/* SPDX-License-Identifier: BSD-2-Clause */
/* What the library's assembler files share with one another, and with C, which checks the offsets. */
#ifndef LAYERS_ASM_H
#define LAYERS_ASM_H

/* offsetof(struct syslayer_call, ...) */
#define CALL_ARGUMENT 8
#define CALL_RESULT 56
#define CALL_AFTER 64
#define CALL_KEEP 72
#define CALL_ANSWERED 88
#define CALL_ASKED 92
#define CALL_OUTSIDE 94
#define CALL_SAVED 96
#define CALL_SIZE (CALL_SAVED + 56) /* to `site`, which the program has put there */
/* In `answered`: enter.S makes it, as dispatch-leave.c says. */
#define LEAVES 2

/* offsetof(struct leave, ...) */
#define LEAVE_BACK 0
#define LEAVE_RSP 8
#define LEAVE_MASK 16
#define LEAVE_FLAGS 24
#define LEAVE_NUMBER 40
#define LEAVE_ENTRY 48
#define LEAVE_SIZE 56

/* offsetof(struct ucontext, uc_mcontext.rip) */
#define CONTEXT_RIP 168

/* glibc's signal that cancels a thread. */
#define SYSLAYER_SIGCANCEL 32

/* Stacks that come with the section; more are mapped when these are in use. */
#define STACK_SIZE 65536
#define STACKS 4
#define STACKS_MAX 512

/* How a thread is cancelled in a window (cancel.c). */
#define WINDOW_WAITS 0 /* it is not, but when the layer looks for it */
#define WINDOW_AT 1    /* it goes on at \value */
#define WINDOW_AGAIN 2 /* what was caught is executed again; \value bytes are on the stack */
#define WINDOW_AGAIN_INT80 3
#define WINDOW_HANDLER 4 /* before the first instruction of the program's handler; the same */
#define WINDOW_HANDLER_SAVED 5

#ifdef __ASSEMBLER__
#include <syslayer/handle-x86_64.h>

.macro place name
	.globl	\name
	.hidden	\name
\name:
.endm

.macro function name
	.section .text.\name, "ax", @progbits
	.balign	16
	place	\name
.endm

/*
 * Code on the program's stack, and how a thread is cancelled in it so that unwinders find the program's frames: from one
 * label to before the other. What is in none, and not in C, has nothing on the stack but the slot's frame.
 */
.macro window from:req, to:req, how=WINDOW_WAITS, value=0
	.pushsection .syslayer_windows, "a", @progbits
	.balign	4
	.long	\from - .
	.long	\to - .
	.long	\how
	.if	\how == WINDOW_AT
	.long	\value - .
	.else
	.long	\value
	.endif
	.popsection
.endm

/* The signal that cancels a thread is sent anew; rax: pid and tid. */
.macro send_cancel at:req
	mov	%eax, %esi			/* tid */
	mov	%rax, %rdi
	shr	$32, %rdi			/* pid */
	mov	$SYSLAYER_SIGCANCEL, %edx
	mov	$234, %eax			/* tgkill */
\at:	syscall
.endm
#endif

#endif
