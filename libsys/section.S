/* SPDX-License-Identifier: BSD-2-Clause */
/* The section that the wrappers jump into: address space alone, no byte of the file. */
#include <syslayer/abi.h>

	.section .syscalls, "aw", @nobits
	.balign	SYSLAYER_PAGE
	.globl	__syslayer_slots
	.hidden	__syslayer_slots
	.type	__syslayer_slots, @object
	.size	__syslayer_slots, SYSLAYER_SIZE_DEFAULT
__syslayer_slots:
	.skip	SYSLAYER_SIZE_DEFAULT

	.section .note.GNU-stack, "", @progbits
