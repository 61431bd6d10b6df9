/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that pins: its slots, each of which makes its own call only. pin.c guards what lies outside.
 */
#include <syslayer/slot-x86_64.h>

	.set	syslayer_has_handlers, 1
	.set	syslayer_has_start, 1

/* Where the library looks at a number: that of the slot, whatever is in the register. */
.macro pin_handle n
1:	mov	$\n, %eax
	lea	syslayer_nothing(%rip), %rcx
	.if	\n == 60
	jmp	syslayer_last_watched
	.else
	jmp	syslayer_enter_watched
	.endif
	slot_fill_ask \n, 1b
	mov	$\n, %eax
	lea	syslayer_nothing(%rip), %rcx
	jmp	syslayer_ask_watched
	slot_fill \n, 1b
.endm

.macro pin_slot n
	image_watch \n
	image_guard \n
	image_open \n
	.if	image_watched || image_guarded || image_opens
	pin_handle \n
	.elseif	\n < 2
	slot_hook_short pin_\n
	.pushsection .text.pin_\n, "ax", @progbits
pin_\n:	mov	$\n, %eax
	slot_syscall
	slot_return
	.popsection
	.else
1:	mov	$\n, %eax
	slot_syscall
	slot_return
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	.if	\n == 11
	mov	$\n, %eax
	lea	syslayer_nothing(%rip), %rcx
	jmp	syslayer_ask_watched
	.else
	slot_go_on
	.endif
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
	.endif
.endm

	image pin, slot=pin_slot

	.section .note.GNU-stack, "", @progbits
