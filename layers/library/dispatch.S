/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the signal of Syscall User Dispatch comes in, where a caught call goes on, and how a call is made that
 * leaves its stack.
 */
#include "asm.h"

/* What a handler of the program's gets is kept on its stack; in what order, cancel.c knows. */
.macro handler_save low:req, saved:req
	lea	-24(%rsp), %rsp
place \low
	mov	%rdi, 16(%rsp)
	mov	%rsi, 8(%rsp)
	mov	%rdx, (%rsp)
place \saved
.endm

/* No flag changes. */
.macro handler_restore
	mov	16(%rsp), %rdi
	mov	8(%rsp), %rsi
	mov	(%rsp), %rdx
	lea	24(%rsp), %rsp
.endm

/* The handler of SIGSYS. What is not ours goes to the program's handler, as if the kernel had called that. */
function syslayer_dispatch_entry
	handler_save syslayer_entry_low, syslayer_entry_saved
	lea	syslayer_dispatch(%rip), %r11
	call	syslayer_run_unguarded
	test	%rax, %rax
	handler_restore
place syslayer_entry_restored
	jnz	syslayer_handler_go
place syslayer_entry_end
	ret
	/* Before, all signals are blocked. */
	window	syslayer_entry_saved, syslayer_entry_restored, WINDOW_HANDLER_SAVED
	window	syslayer_entry_restored, syslayer_entry_end, WINDOW_HANDLER

function syslayer_dispatch_restorer
	mov	$15, %rax			/* rt_sigreturn */
	syscall

/*
 * In front of the program's handler of a signal that a crash makes (crash.c): that of the layer is told first. A byte
 * behind is the entry of handlers that were given without SA_SIGINFO.
 */
function syslayer_crash_entry
	nop
	handler_save syslayer_crash_low, syslayer_crash_saved
	call	syslayer_crash_comes
	mov	16(%rsp), %rdi
	cmp	$1, %eax
	jb	1f
	ja	syslayer_crash_none
	mov	(%rsp), %rsi
	lea	syslayer_crash_say(%rip), %rax
	mov	%rsi, %rdx
	mov	%rdi, %rsi
	mov	%rax, %rdi
	call	syslayer_run
1:	handler_restore
place syslayer_crash_restored
	jmp	syslayer_dispatch_handler
place syslayer_crash_none
	lea	32(%rsp), %rsp			/* and the return address: the restorer is the program's */
	mov	$15, %eax			/* rt_sigreturn */
	syscall
place syslayer_crash_end
	window	syslayer_crash_none, syslayer_crash_end
	window	syslayer_crash_entry, syslayer_crash_low, WINDOW_HANDLER
	window	syslayer_crash_low, syslayer_crash_saved, WINDOW_HANDLER, 24
	window	syslayer_crash_saved, syslayer_crash_restored, WINDOW_HANDLER_SAVED
	window	syslayer_crash_restored, syslayer_crash_none, WINDOW_HANDLER

/*
 * A handler of the program. It may ask whether a call has been made that it has interrupted, by the pc: where a call
 * that stays in its place is made here, it sees it there. And it may not come back, which the layer may want to know.
 * The signal that cancels the thread may have come since the layer was entered.
 */
function syslayer_dispatch_handler
	nop
	mov	CONTEXT_RIP(%rdx), %rax
	lea	image_base(%rip), %rcx
	cmp	%rcx, %rax
	jb	syslayer_handler_go
	lea	image_end(%rip), %rcx
	cmp	%rcx, %rax
	jae	syslayer_handler_go
	handler_save syslayer_handler_low, syslayer_handler_saved
	mov	%rdx, %rdi
	call	syslayer_handler_comes
	handler_restore
place syslayer_handler_go
	cmpl	$0, syslayer_cancels(%rip)
	jne	2f
1:	lea	syslayer_handlers(%rip), %rax
	jmp	*(%rax,%rdi,8)
2:	handler_save syslayer_handler_again_low, syslayer_handler_again_saved
	call	syslayer_cancel_take
	test	%rax, %rax
	jz	3f
	send_cancel handler_call
3:	handler_restore
place syslayer_handler_restored
	jmp	1b
place syslayer_handler_end
	window	syslayer_dispatch_handler, syslayer_handler_low, WINDOW_HANDLER
	window	syslayer_handler_low, syslayer_handler_saved, WINDOW_HANDLER, 24
	window	syslayer_handler_saved, syslayer_handler_go, WINDOW_HANDLER_SAVED
	window	syslayer_handler_go, syslayer_handler_again_low, WINDOW_HANDLER
	window	syslayer_handler_again_low, syslayer_handler_again_saved, WINDOW_HANDLER, 24
	window	syslayer_handler_again_saved, syslayer_handler_restored, WINDOW_HANDLER_SAVED
	window	syslayer_handler_restored, syslayer_handler_end, WINDOW_HANDLER

/*
 * The handler has put the program's context to one of these: rcx is behind the instruction that was
 * caught, and r11 is where to go: what a site and its trampoline do.
 */
function syslayer_go
	lea	-SYSLAYER_FRAME(%rsp), %rsp
place syslayer_go_low
	mov	%rcx, (%rsp)
	slot_go	%r11
place syslayer_go_end
	window	syslayer_go, syslayer_go_low, WINDOW_AGAIN
	window	syslayer_go_low, syslayer_go_end, WINDOW_AGAIN, SYSLAYER_FRAME

/* exit(2), without a stack. */
function syslayer_go_last
	lea	-SYSLAYER_FRAME(%rsp), %rsp
place syslayer_go_last_low
	slot_go	%r11
place syslayer_go_last_end
	window	syslayer_go_last, syslayer_go_last_low, WINDOW_AGAIN
	window	syslayer_go_last_low, syslayer_go_last_end, WINDOW_AGAIN, SYSLAYER_FRAME

/* What has no slot. */
function syslayer_go_raw
	lea	-SYSLAYER_FRAME(%rsp), %rsp
place syslayer_go_raw_low
	mov	%rcx, (%rsp)
place syslayer_go_raw_call
	syscall
	slot_return
	window	syslayer_go_raw, syslayer_go_raw_low, WINDOW_AGAIN
	window	syslayer_go_raw_low, syslayer_go_raw_call, WINDOW_AGAIN, SYSLAYER_FRAME

/* int $0x80 has an argument in rcx: it goes on at r11. */
function syslayer_go_int80
	lea	-SYSLAYER_FRAME(%rsp), %rsp
place syslayer_go_int80_low
	mov	%r11, (%rsp)
place syslayer_go_int80_call
	int	$0x80
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	jmp	*%r11
	window	syslayer_go_int80, syslayer_go_int80_low, WINDOW_AGAIN_INT80
	window	syslayer_go_int80_low, syslayer_go_int80_call, WINDOW_AGAIN_INT80, SYSLAYER_FRAME

function syslayer_go_sigreturn
	syscall
place syslayer_go_sigreturn_end
	window	syslayer_go_sigreturn, syslayer_go_sigreturn_end, WINDOW_AGAIN

/* A call that the layer was asked about, and that stays in its place for who compares the pc with it. */
function syslayer_stay
	lea	-SYSLAYER_FRAME(%rsp), %rsp
place syslayer_stay_low
	mov	%rcx, (%rsp)
place syslayer_stay_call
	syscall
place syslayer_stay_made
	pop	%rcx
place syslayer_stay_popped
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
place syslayer_stay_left
	jmp	*%rcx
place syslayer_stay_end
	window	syslayer_stay, syslayer_stay_low, WINDOW_AGAIN
	window	syslayer_stay_low, syslayer_stay_call, WINDOW_AGAIN, SYSLAYER_FRAME

/* r11 is the struct leave of a call whose stack is not its own any more when it comes back: it waits here. */
function syslayer_leave_stack
	mov	%r11, %rsp
	syscall
	test	%rax, %rax
	jnz	1f
	cmpq	$11, LEAVE_NUMBER(%rsp)		/* munmap */
	jne	syslayer_leave_child
1:	push	%rax
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	mov	$14, %eax			/* rt_sigprocmask */
	mov	$2, %edi			/* SIG_SETMASK */
	lea	LEAVE_MASK+40(%rsp), %rsi
	xor	%edx, %edx
	mov	$8, %r10d
	syscall
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pop	%rax
	pushq	LEAVE_FLAGS(%rsp)
	popf
	mov	LEAVE_ENTRY(%rsp), %rcx
	mov	LEAVE_BACK(%rsp), %r11
	mov	LEAVE_RSP(%rsp), %rsp
	movq	$0, (%rcx)
	mov	$1, %ecx
	jmp	*%r11

/* A child, or a new thread: rsp is its struct leave. With memory that is shared, that is its parent's. */
function syslayer_leave_child
	push	%rdi
	push	%rsi
	push	%rdx
	push	%r10
	push	%r8
	push	%r9
	lea	48(%rsp), %rdi
	lea	syslayer_child(%rip), %r11
	call	syslayer_run_unguarded
	pop	%r9
	pop	%r8
	pop	%r10
	pop	%rdx
	pop	%rsi
	pop	%rdi
	pushq	LEAVE_FLAGS(%rsp)
	popf
	mov	LEAVE_BACK(%rsp), %r11
	mov	LEAVE_RSP(%rsp), %rsp
	mov	$0, %eax
	mov	$1, %ecx
	jmp	*%r11

	.section .note.GNU-stack, "", @progbits
