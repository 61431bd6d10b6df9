/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks of the layer's own: which of them is free, in assembly. */
#ifndef LAYERS_STACK_H
#define LAYERS_STACK_H

#include "asm.h"

/*
 * The entry at r8, or one behind it, is \owner's; or goes on behind the macro, if none is free. r9: their end. The highest
 * bit of an owner is set: an entry without it is free, whatever the rest (follow.c).
 */
.macro claim owner:req, claimed:req
	bts	$63, \owner
1:	mov	(%r8), %rax
	bt	$63, %rax
	jc	9f
	lock cmpxchg \owner, (%r8)
	je	\claimed
9:	cmp	\owner, %rax
	je	\claimed
	add	$64, %r8
	cmp	%r9, %r8
	jb	1b
.endm

/* The top of the stack that comes with the entry at r8, in rax; or to \none: it has to be mapped. */
.macro own_stack none:req
	mov	%r8, %rax
	lea	syslayer_stacks(%rip), %r9
	sub	%r9, %rax
	shl	$10, %rax			/* 64 bytes an entry, 64 KiB a stack */
	cmp	$STACKS * STACK_SIZE, %rax
	jae	\none
	lea	syslayer_stack_memory + STACK_SIZE(%rip), %r9
	add	%r9, %rax
.endm

/* A stack, or an error, in rax. */
.macro map_stack
	mov	$9, %eax			/* mmap */
	xor	%edi, %edi
	mov	$STACK_SIZE, %esi
	mov	$3, %edx			/* PROT_READ | PROT_WRITE */
	mov	$0x20022, %r10d			/* MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK */
	mov	$-1, %r8
	xor	%r9d, %r9d
	syscall
.endm

#endif
