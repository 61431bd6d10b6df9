/* SPDX-License-Identifier: BSD-2-Clause */
/* The layer that adds nothing: every slot makes its call. What others are measured against. */
#include <syslayer/slot-x86_64.h>

	image native

	.section .note.GNU-stack, "", @progbits
