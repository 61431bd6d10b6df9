/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that adds nothing, under elfpatch run: every slot makes its call, but what is executed is rewritten before,
 * and what is going to be changed is the program's own file again (library/follow.c).
 */
#include <syslayer/layer.h>

	layer_has

.macro follow_slot n
	library_looks \n
	.set	library_watches, 0
	library_watches_file \n
	/* clone and clone3: they may make a network namespace (library/channel.c); sigaltstack: such calls are made on a
	 * stack of the layer's own (library/alternate.c) */
	.if	library_watches || \n == 56 || \n == 59 || \n == 131 || \n == 322 || \n == 435
	slot_handle \n, syslayer_nothing
	.elseif	library_keeps
	slot_guarded \n, slot_native, syslayer_nothing
	.elseif	library_opens
	slot_opens \n, slot_native, syslayer_nothing
	.else
	slot_native \n
	.endif
.endm

	image native-run, slot=follow_slot, ask=follow_ask, init=syslayer_init_follow

	.text
follow_ask:
	slot_go_on

	.section .note.GNU-stack, "", @progbits
