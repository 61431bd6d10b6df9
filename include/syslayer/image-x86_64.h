/* SPDX-License-Identifier: BSD-2-Clause */
/* The header of a stub image, as x86-64's assembler writes it. Included as slot-x86_64.h is. */
#ifndef SYSLAYER_IMAGE_X86_64_H
#define SYSLAYER_IMAGE_X86_64_H

#include <syslayer/abi.h>

/* Of a layer in C, layer.h has made these of its own strings. */
	.ifndef	syslayer_layer_in_c
.macro image_magic
	.ascii	SYSLAYER_IMAGE_MAGIC
.endm
.macro image_abi
	.asciz	SYSLAYER_ABI_LINUX_X86_64
.endm
	.endif

/*
 * The image header, behind the code of slot 0. size, state, init and ask are as in the C structure;
 * differences of two labels, one of them in this section, need no relocation in the image.
 */
.macro image_header size:req, state:req, init:req, ask=0, flags=0
	image_magic
	.short	SYSLAYER_IMAGE_VERSION
	.short	62			/* EM_X86_64 */
	.long	SYSLAYER_ABI_VERSION
	.long	SYSLAYER_SLOT_COUNT
	.long	SYSLAYER_SLOT_SIZE
	.long	\size
	.long	\state
	.long	\init
	.long	\flags
	.long	\ask
	.long	0
.endm

/* The names, behind the code of slot 1. */
.macro image_names layer:req
1:	.asciz	"\layer"
	.skip	SYSLAYER_LAYER_NAME_LEN - (. - 1b)
1:	image_abi
	.skip	SYSLAYER_ABI_NAME_LEN - (. - 1b)
.endm

/* \slot n for each slot from 2 on. */
.macro image_slots slot:req
	.set	image_number, 2
	.rept	SYSLAYER_SLOT_COUNT - 2
	.altmacro
	image_slots_next %image_number, \slot
	.set	image_number, image_number + 1
	.endr
.endm

.macro image_slots_next n:req, slot:req
	.noaltmacro
	\slot	\n
.endm

#endif
