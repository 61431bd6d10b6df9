/* SPDX-License-Identifier: BSD-2-Clause */
/* The layer that adds nothing: every slot makes its call. What others are measured against. */
#include <syslayer/layer.h>

	image native

	.section .note.GNU-stack, "", @progbits
