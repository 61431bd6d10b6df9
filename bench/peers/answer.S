/* SPDX-License-Identifier: BSD-2-Clause */
/* A layer whose stub of getppid(2) answers without the kernel. */
#include <syslayer/slot-x86_64.h>

.macro answer_slot n
	.if	\n == 110
1:	mov	$4711, %eax
	slot_return
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
	.else
	image_slot \n
	.endif
.endm

	image answer, slot=answer_slot

	.section .note.GNU-stack, "", @progbits
