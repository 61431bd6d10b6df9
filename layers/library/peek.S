/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads from where another thread may unmap, or another process truncate a file, at any moment. */
#include "asm.h"

/*
 * size_t syslayer_copy(void *to, const void *from, size_t n): how many bytes. A read that faults goes on as
 * peek.c says: of a word with its bytes, of a byte at the end.
 */
function syslayer_copy
	mov	%rdx, %rax
	mov	%rdx, %rcx
1:	cmp	$8, %rcx
	jb	syslayer_copy_bytes
place syslayer_copy_word
	mov	(%rsi), %r8
	mov	%r8, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rcx
	jmp	1b
place syslayer_copy_bytes
	rep movsb
place syslayer_copy_end
	sub	%rcx, %rax
	ret
copy_end:
	window	syslayer_copy, copy_end

	.section .note.GNU-stack, "", @progbits
