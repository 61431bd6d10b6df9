/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that counts: its slots. A call costs an increment before it and a look at its
 * result after it; no flag that a program can see changes. Few calls go through C (count.c).
 */
#include <syslayer/slot-x86_64.h>

	/* struct count_row */
	.set	ERRORS, 8
	.set	ROW, 24

	/* count.c has them; what tells of the end of a process goes through C. */
	.set	syslayer_has_handlers, 1
	.set	syslayer_has_start, 1
	.set	syslayer_has_end, 1

/*
 * The increment, with the flags in ax; it loses rcx. It is whole for a signal that comes, but not for another
 * processor, and the lock that this needs takes 40 ticks on some, as the call waits for it. So who is on the initial
 * stack, which one thread is at a time, counts into a table of its own (count.c).
 */
.macro count_alone n:req shared:req
	mov	%rsp, %rcx
	add	count_is_initial(%rip), %rcx
	jnc	\shared
	incq	count_alone+ROW*\n(%rip)
.endm

/* Each has an exit of its own, so that its jump is predicted on its own. */
.macro count_plain_call n
	slot_flags_to_ax
	count_alone \n, 9f
7:	slot_flags_from_ax
	mov	$\n, %eax
	slot_syscall
	slot_error_branch 8f
	slot_return
8:	mov	$\n, %cx
	jmp	count_error
9:	lock incq count_shared+ROW*\n(%rip)
	jmp	7b
.endm

.macro count_plain_ask n
	jmp	count_ask
.endm

/* They do not fit a slot. */
.macro count_code n
	.pushsection .text.count_slots, "ax", @progbits
	.balign	16
count_\n:
	count_plain_call \n
	.popsection
.endm

.macro count_slot n
	image_watch \n
	image_guard \n
	image_open \n
	.if	image_watched || (\n >= 336 && \n < 424) || \n >= 480
	/* Or a number that is no call. */
	slot_handle \n, count_call
	.elseif	image_opens
	slot_opens \n, count_call, count_plain
	.elseif	image_guarded
	slot_guarded \n, count_call, count_plain
	.elseif	\n == 3
	slot_hook count_close, count_ask_close
	.elseif	\n == 33 || \n == 292 || \n == 436
	/* dup2, dup3, close_range: they may take the output */
	slot_handle \n, count_guard
	.else
	.if	\n < 2
	slot_hook_short count_\n
	.else
	.if	\n == 11
	slot_hook count_\n, count_ask_munmap
	.else
	slot_hook count_\n, count_ask
	.endif
	.endif
	count_code \n
	.endif
.endm

	image count, slot=count_slot, ask=count_ask

	.section .text.count_slots, "ax", @progbits
	.balign	16
count_close:
	slot_flags_to_ax
	cmp	%edi, output_descriptor(%rip)
	je	1f
	count_alone 3, 4f
5:	slot_flags_from_ax
	mov	$3, %eax
	slot_syscall
	slot_error_branch 2f
	slot_return
2:	mov	$3, %cx
	jmp	count_error
4:	lock incq count_shared+ROW*3(%rip)
	jmp	5b
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

/*
 * rax is the result, maybe an error; rcx is the number. Nothing is pushed in here: a signal that cancels the thread
 * has it unwound from wherever it is, and the rule is that of the slot's frame.
 */
count_error:
	mov	%rax, %r11
	slot_flags_to_ax
	cmp	$-4095, %r11
	jb	1f
	movzwl	%ax, %eax
	shl	$48, %r11			/* 16 bits of it are enough, beside the flags */
	shr	$32, %r11
	or	%r11, %rax
	lea	(%rcx,%rcx,2), %rcx
	mov	%rsp, %r11
	add	count_is_initial(%rip), %r11
	jnc	2f
	lea	count_alone+ERRORS(%rip), %r11
	incq	(%r11,%rcx,8)
	jmp	3f
2:	lea	count_shared+ERRORS(%rip), %r11
	lock incq (%r11,%rcx,8)
3:	mov	%rax, %r11
	shl	$32, %r11
	sar	$48, %r11
1:	slot_flags_from_ax
	mov	%r11, %rax
	slot_return

/* A call that is made elsewhere: how it ends is not known here. */
count_ask:
	mov	%eax, %ecx
	slot_flags_to_ax
	lea	count_shared(%rip), %r11
	lea	(%rcx,%rcx,2), %ecx
	lock incq (%r11,%rcx,8)
	imul	$0xaaaaaaab, %ecx, %ecx		/* by 3, exactly */
	slot_flags_from_ax
	mov	%cx, %ax
	slot_go_on

	.section .note.GNU-stack, "", @progbits
