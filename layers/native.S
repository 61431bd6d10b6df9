/* SPDX-License-Identifier: BSD-2-Clause */
/* The layer that adds nothing: every slot makes its call. What others are measured against. */
#include <syslayer/slot-x86_64.h>

	.section .slots, "ax", @progbits
image_base:
	slot_native_short
	image_header size="image_end - image_base", state="image_state - image_base", init=0
	slot_native_short
	image_names native
	.rept	SYSLAYER_SLOT_COUNT - 2
	slot_native
	.endr

	.section .note.GNU-stack, "", @progbits
