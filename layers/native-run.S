/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that adds nothing, under elfpatch run: every slot makes its call, but what is executed is rewritten before,
 * and what is going to be changed is the program's own file again (library/follow.c).
 */
#include <syslayer/slot-x86_64.h>

	.set	syslayer_has_handlers, 1

.macro follow_slot n
	.set	image_watched, 0
	image_watch_file \n
	image_open \n
	/* sigaltstack: such calls are made on a stack of the layer's own (library/alternate.c) */
	.if	\n == 59 || \n == 131 || \n == 322
	.set	image_watched, 1
	.endif
	.if	image_watched
	slot_handle \n, syslayer_nothing
	.elseif	image_opens
	slot_opens \n, syslayer_nothing, slot_native
	.elseif	\n < 2
	slot_native_short
	.else
	slot_native
	.endif
.endm

	image native-run, slot=follow_slot, ask=follow_ask, init=syslayer_init_follow

	.text
follow_ask:
	slot_go_on

	.section .note.GNU-stack, "", @progbits
