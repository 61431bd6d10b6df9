/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a slot into C and back. The program's registers are kept in a struct syslayer_call on the
 * program's stack, as it is kept while the call waits; C runs on a stack of the layer's own.
 */
#include "asm.h"

.macro save
	pushf
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	push	$0				/* answered, asked, outside */
	push	$0				/* keep */
	push	$0
	push	$0				/* after */
	push	%rax				/* result */
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	mov	%rax, %rdi
	shr	$32, %rdi
	cmp	$SYSLAYER_OUTSIDE, %edi		/* dispatch-signal.c */
	sete	CALL_OUTSIDE-8(%rsp)
	mov	%eax, %eax			/* number: the kernel ignores the upper half */
	push	%rax
	cld
.endm

/* The arguments, of the call or as the program has them. */
.macro load at:req
	mov	\at(%rsp), %rdi
	mov	\at+8(%rsp), %rsi
	mov	\at+16(%rsp), %rdx
	mov	\at+24(%rsp), %r10
	mov	\at+32(%rsp), %r8
	mov	\at+40(%rsp), %r9
.endm

/*
 * Back to the program, by \ending. The signal that cancels a thread finds an unwinder's rule at slot_depth, and
 * what is behind can be done again from there.
 */
.macro leave ending:req, name:req
\name\()_whole:
	slot_depth CALL_SIZE
	cmpl	$0, syslayer_cancels(%rip)
	je	5f
	call	cancel
5:	mov	CALL_RESULT(%rsp), %rax
	load	CALL_SAVED
	lea	CALL_SIZE-8(%rsp), %rsp
\name\()_flags:
	slot_depth 8
	popf
\name\()_left:
	\ending
.endm

/* The handler, the call, and what the handler has left for when it has been made. Leaves by \ending. */
.macro handle make:req, ending:req, name:req
	mov	%rsp, %rdi
	mov	%rcx, %rsi
	call	syslayer_run_r11
\name\()_back:
	slot_depth CALL_SIZE
	cmpl	$0, syslayer_cancels(%rip)
	jne	4f
3:	cmpl	$0, CALL_ANSWERED(%rsp)
	jne	2f
	mov	(%rsp), %rax
	load	CALL_ARGUMENT
	\make
\name\()_made:
	slot_depth CALL_SIZE
	mov	%rax, CALL_RESULT(%rsp)
	mov	CALL_AFTER(%rsp), %r11
	test	%r11, %r11
	jz	2f
	mov	%rsp, %rdi
	call	syslayer_run_r11
2:	leave	\ending, \name
	/* Before the call is begun, which may wait. */
4:	call	cancel
	jmp	3b
.endm

.macro make_here
enter_call:
	syscall
.endm

/* As slot_cancel_point says. */
.macro make_there
	mov	CALL_SIZE+SYSLAYER_FRAME+8(%rsp), %r11
	mov	%r11, -8(%rsp)
	lea	point_called(%rip), %r11
	mov	%r11, -16(%rsp)
	mov	CALL_SIZE(%rsp), %r11
	lea	SLOT_POINT(%r11), %r11
	lea	-16(%rsp), %rsp
point_lowered:
	slot_go	%r11
point_called:
	slot_depth CALL_SIZE+8
	lea	8(%rsp), %rsp
.endm

/* rcx is the handler; the library looks at the call before it is made. */
function syslayer_enter_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

/* rcx is the handler. */
function syslayer_enter
	mov	%rcx, %r11
1:	save
	handle	make_here, slot_return, enter

function syslayer_ask_watched
	lea	syslayer_watched(%rip), %r11
	jmp	1f

function syslayer_ask
	lea	syslayer_asked(%rip), %r11
1:	save
	mov	CALL_SIZE(%rsp), %rax
	slot_cancel_point %rax, ask_point
	movw	$1, CALL_ASKED(%rsp)
	mov	%rsp, %rdi
	mov	%rcx, %rsi
	call	syslayer_run_r11
ask_back:
	slot_depth CALL_SIZE
	cmpl	$LEAVES, CALL_ANSWERED(%rsp)
	je	ask_leaves
	cmpl	$0, CALL_ANSWERED(%rsp)
	jne	2f
	mov	(%rsp), %rax
	mov	%rax, CALL_RESULT(%rsp)
	leave	slot_go_on, ask
2:	leave	slot_answer, answer
	/* It is not made in its place: dispatch-leave.c. */
ask_leaves:
	lea	-16(%rsp), %rsp
	mov	$14, %eax			/* rt_sigprocmask */
	xor	%edi, %edi			/* SIG_BLOCK */
	lea	syslayer_waiting_signals(%rip), %rsi
	mov	%rsp, %rdx
	mov	$8, %r10d
	syscall
	mov	16+CALL_RESULT(%rsp), %r11	/* struct leave */
	mov	(%rsp), %rdx
	mov	%rdx, LEAVE_MASK(%r11)
	cmpq	$0, LEAVE_ENTRY(%r11)
	mov	16(%rsp), %rax
	load	16+CALL_SAVED
	jne	syslayer_leave_stack
	syscall
	test	%rax, %rax
	jz	4f
	mov	%rax, 16+CALL_RESULT(%rsp)
	mov	$14, %eax
	mov	$2, %edi			/* SIG_SETMASK */
	mov	%rsp, %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	lea	16(%rsp), %rsp
	mov	CALL_AFTER(%rsp), %r11
	test	%r11, %r11
	jz	2b
	mov	%rsp, %rdi
	call	syslayer_run_r11
	jmp	2b
	/* Its stack begins with what dispatch-leave.c has written there. */
4:	lea	-(SYSLAYER_FRAME + LEAVE_SIZE)(%rsp), %rsp
	jmp	syslayer_leave_child
	/* It is made as any other, but where it stands. */
ask_point:
	handle	make_there, slot_answer, point
ask_end:

	window	syslayer_enter, enter_back
	window	enter_back, enter_call, WINDOW_AT, enter_back
	window	enter_made, enter_whole, WINDOW_AT, enter_made
	window	enter_whole, enter_flags, WINDOW_AT, enter_whole
	window	enter_flags, enter_left, WINDOW_AT, enter_flags
	window	syslayer_ask, ask_back
	window	ask_back, ask_whole, WINDOW_AT, ask_back
	window	ask_whole, ask_flags, WINDOW_AT, ask_whole
	window	ask_flags, ask_left, WINDOW_AT, ask_flags
	window	answer_whole, answer_flags, WINDOW_AT, answer_whole
	window	answer_flags, answer_left, WINDOW_AT, answer_flags
	window	ask_leaves, point_back
	window	point_back, point_lowered, WINDOW_AT, point_back
	window	point_lowered, point_called
	window	point_called, point_made, WINDOW_AT, point_called
	window	point_made, point_whole, WINDOW_AT, point_made
	window	point_whole, point_flags, WINDOW_AT, point_whole
	window	point_flags, point_left, WINDOW_AT, point_flags

/*
 * The thread may have been cancelled while it was in C (cancel.c). If so, the signal is sent anew, and comes
 * where unwinders find the program. Below the return address is the call.
 */
function cancel
	lea	syslayer_cancel_take(%rip), %r11
	call	syslayer_run_r11
	test	%rax, %rax
	jz	1f
	send_cancel cancel_call
cancel_made:
	slot_depth CALL_SIZE+8
1:	ret
cancel_end:

	window	cancel, cancel_call
	window	cancel_made, cancel_end, WINDOW_AT, cancel_made

/* The handler of what only the library looks at. */
function syslayer_nothing
	ret

	.section .note.GNU-stack, "", @progbits
