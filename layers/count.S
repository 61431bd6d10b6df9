/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that counts: its slots. A call costs an increment before it and a look at its
 * result after it; no flag that a program can see changes. Few calls go through C (count.c).
 */
#include <syslayer/slot-x86_64.h>

	/* count.c has them; what tells of the end of a process goes through C. */
	.set	syslayer_has_handlers, 1
	.set	syslayer_has_start, 1
	.set	syslayer_has_end, 1

/* The same in one piece, for a slot that Syscall User Dispatch looks at. */
.macro count_plain_call n
	slot_flags_to_ax
	lock incq count_calls + 8 * \n(%rip)
	slot_flags_from_ax
	mov	$\n, %eax
	syscall
	slot_error_invert
	slot_error_branch 7f
	slot_return
7:	mov	$\n, %cx
	jmp	count_error
.endm

.macro count_plain_ask n
	jmp	count_ask
.endm

/* All 64 bytes; each slot has an exit of its own, so that its jump is predicted on its own. */
.macro count_slot n
	image_watch \n
	image_guard \n
	.if	image_watched
	slot_handle \n, count_call
	.elseif	image_guarded
	slot_guarded \n, count_call, count_plain
	.elseif	\n == 3
	slot_hook count_close, count_ask_close
	.elseif	\n == 33 || \n == 292 || \n == 436
	/* dup2, dup3, close_range: they may take the output */
	slot_handle \n, count_guard
	.else
	.if	\n < 2
	/* They have the header in them. */
	slot_hook_short count_\n
	.pushsection .text.count_\n, "ax", @progbits
	.balign	64
count_\n:
	.endif
1:	slot_flags_to_ax
	lock incq count_calls + 8 * \n(%rip)
	slot_flags_from_ax
	mov	$\n, %eax
	syscall
	slot_error_invert
	.if	\n < 2
	slot_error_branch 3f
	slot_return
3:	mov	$\n, %cx
	jmp	count_error
	.popsection
	.else
	jmp	2f
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	.if	\n == 11
	jmp	count_ask_munmap
	.else
	jmp	count_ask
	.endif
2:	slot_error_branch 3f
	slot_return
3:	mov	$\n, %cx
	jmp	count_error
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
	.endif
	.endif
.endm

	image count, slot=count_slot, ask=count_ask

	.section .text.count_slots, "ax", @progbits
	.balign	64
count_close:
	slot_flags_to_ax
	cmp	%edi, output_descriptor(%rip)
	je	1f
	lock incq count_calls + 8 * 3(%rip)
	slot_flags_from_ax
	mov	$3, %eax
	syscall
	slot_error_invert
	slot_error_branch 2f
	slot_return
2:	mov	$3, %cx
	jmp	count_error
1:	slot_flags_from_ax
	mov	$3, %eax
	lea	count_guard(%rip), %rcx
	jmp	syslayer_enter
count_ask_close:
	lea	count_guard(%rip), %rcx
	jmp	syslayer_ask

count_ask_munmap:
	lea	count_call(%rip), %rcx
	jmp	syslayer_ask

/* rax is the result, maybe an error; rcx is the number. */
count_error:
	mov	%rax, %r11
	slot_flags_to_ax
	cmp	$-4095, %r11
	jb	1f
	push	%rdx
	lea	count_errors(%rip), %rdx
	lock incq (%rdx,%rcx,8)
	pop	%rdx
1:	slot_flags_from_ax
	mov	%r11, %rax
	slot_return

/* A call that is made elsewhere: how it ends is not known here. */
count_ask:
	mov	%rax, %r11
	mov	%eax, %ecx
	slot_flags_to_ax
	push	%rdx
	lea	count_calls(%rip), %rdx
	lock incq (%rdx,%rcx,8)
	pop	%rdx
	slot_flags_from_ax
	mov	%r11, %rax
	slot_go_on

	.section .note.GNU-stack, "", @progbits
