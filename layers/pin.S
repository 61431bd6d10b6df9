/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that pins: its slots, each of which can make its own call only, and where signal
 * handlers return to. pin.c guards what lies outside.
 */
#include <syslayer/slot-x86_64.h>

	.set	syslayer_has_handlers, 1
	.set	syslayer_has_start, 1

.macro pin_slot n
	image_watch \n
	/* rt_sigaction, rt_sigprocmask, clone, fork, prctl, set_tid_address, set_robust_list, rseq */
	.if	\n == 13 || \n == 14 || \n == 56 || \n == 57 || \n == 157 || \n == 218 || \n == 273 || \n == 334
	slot_handle \n, pin_call
	.else
	.if	\n < 2
	slot_hook_short pin_\n
	.pushsection .text.pin_\n, "ax", @progbits
pin_\n:	mov	$\n, %eax
	syscall
	slot_return
	.popsection
	.else
1:	mov	$\n, %eax
	syscall
	slot_return
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	slot_go_on
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
	.endif
	.endif
.endm

	image pin, slot=pin_slot

	/* Unwinders know it by these bytes (libgcc's md-unwind-support.h). */
	.section .text.pin_restorer, "ax", @progbits
	.globl	pin_restorer
	.hidden	pin_restorer
	nop
pin_restorer:
	.byte	0x48, 0xc7, 0xc0, 15, 0, 0, 0	/* mov $15, %rax */
	syscall

	.section .note.GNU-stack, "", @progbits
