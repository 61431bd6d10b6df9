/* SPDX-License-Identifier: BSD-2-Clause */
/* Where signals come in that the program has no handler for, or that cancel a thread. */
#include "asm.h"

/*
 * The handler of signals that kill. The flags that a program gave with SIG_DFL are those of
 * its own that the handler must have: which of them were given, the entry tells (signal.c),
 * so that nothing need be kept that a child of vfork would change for its parent.
 * It goes back by itself: the restorer is the program's, and nobody has checked it.
 */
function syslayer_signal_entry
	.skip	16, 0x90
	lea	syslayer_signal(%rip), %r11
	call	syslayer_run_r11
	lea	8(%rsp), %rsp			/* the return address */
	mov	$15, %eax			/* rt_sigreturn */
	syscall
signal_end:
	window	syslayer_signal_entry, signal_end

/* The program's handler of the signal that cancels a thread, if it is the time for it. */
function syslayer_cancel_entry
	push	%rdi
	push	%rsi
	push	%rdx
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	call	syslayer_cancel_waits
	pop	%rdx
	pop	%rsi
	pop	%rdi
	test	%eax, %eax
	jz	syslayer_dispatch_handler
	ret

	.section .note.GNU-stack, "", @progbits
