/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native page: 64 native slots. A native stub needs no number (rax has it), so this
 * page, mapped again and again over all slots, is a whole native layer. The header says
 * what stands there once it is mapped so.
 */
#include <syslayer/slot-x86_64.h>

	.text
	slot_native_short
	image_header size=SYSLAYER_SLOTS_SIZE, state=0, init=0
	slot_native_short
	image_names native
	.rept	SYSLAYER_PAGE / SYSLAYER_SLOT_SIZE - 2
	slot_native
	.endr

	.section .note.GNU-stack, "", @progbits
