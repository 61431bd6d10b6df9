/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime and the native stubs, as they are put into programs. */
	.macro	blob name, file
	.globl	blob_\name, blob_\name\()_end
	.hidden	blob_\name, blob_\name\()_end
	.balign	16
blob_\name:
	.incbin	"\file"
blob_\name\()_end:
	.endm

	.section .rodata
	blob	runtime, "runtime/runtime.bin"
	blob	native, "layers/native.img"
	blob	forward, "runtime/forward.img"

	.section .note.GNU-stack, "", @progbits
