/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that counts: its slots. A call is counted when it comes back, as the processor waits for what stands before
 * its instruction, and for nothing that stands behind it; no flag that a program can see changes. What a signal
 * interrupts is counted when the signal comes, as it may never come back (count-no-time.c). Few calls go through C
 * (count.c).
 */
#include <syslayer/layer.h>

	/* struct count_row */
	.set	ERRORS, 8
	.set	ROW, 24

	/* count.c and count-no-time.c have them. */
	layer_has start, end, interrupted

/*
 * The increment, with the flags in ax; it loses rcx. It is whole for a signal that comes, but not for another
 * processor, and the lock that this needs takes 40 ticks on some. So who is on the initial stack, which one thread is
 * at a time, counts into a table of its own (count.c).
 */
.macro count_alone n:req shared:req
	mov	%rsp, %rcx
	add	count_is_initial(%rip), %rcx
	jnc	\shared
	incq	count_alone+ROW*\n(%rip)
.endm

/* What is behind the call. Each has one of its own, so that its jump is predicted on its own. */
.macro count_made n:req
	.pushsection .text.count_made, "ax", @progbits
	.balign	64
count_made_\n:
	mov	%rax, %r11
	slot_flags_to_ax
	count_alone \n, 2f
1:	cmp	$-4095, %r11
	jae	3f
	slot_flags_from_ax
	mov	%r11, %rax
	slot_return
	.pushsection .text.count_seldom, "ax", @progbits
2:	lock incq count_shared+ROW*\n(%rip)
	jmp	1b
3:	mov	$\n, %cx
	jmp	count_error
	.popsection
	.popsection
.endm

/* r11 is an error, cx the number, the flags are in ax. The error goes to rax; it loses r11 and rcx. */
.macro count_one_error
	movzwl	%cx, %ecx
	movzwl	%ax, %eax
	shl	$48, %r11			/* 16 bits of it are enough, beside the flags */
	shr	$32, %r11
	or	%r11, %rax
	lea	(%rcx,%rcx,2), %rcx
	mov	%rsp, %r11
	add	count_is_initial(%rip), %r11
	jnc	5f
	lea	count_alone+ERRORS(%rip), %r11
	incq	(%r11,%rcx,8)
	jmp	6f
5:	lea	count_shared+ERRORS(%rip), %r11
	lock incq (%r11,%rcx,8)
6:	mov	%rax, %r11
	shl	$32, %r11
	sar	$48, %r11
	slot_flags_from_ax
	mov	%r11, %rax
.endm

/* A call that signals cut short is seen where it is in a slot only: others are counted before. */
.macro count_before_call n
	slot_flags_to_ax
	count_alone \n, 9f
7:	slot_flags_from_ax
	mov	$\n, %eax
	slot_syscall
	slot_error_branch 8f
	slot_return
8:	mov	$\n, %cx
	jmp	count_result
9:	lock incq count_shared+ROW*\n(%rip)
	jmp	7b
.endm

.macro count_before_ask n
	jmp	count_ask
.endm

.macro count_plain_call n:req
	syscall
	jmp	count_made_\n
	count_made \n
.endm

.macro count_plain_ask n
	jmp	count_ask
.endm

.macro count_plain n
	slot_shape \n, count_plain
.endm

.macro count_slot n
	.if	(\n >= 336 && \n < 424) || \n >= 480
	slot_handle \n, count_call		/* a number that is no call */
	.elseif	\n == 3
	slot_hook \n, count_close, count_ask_close
	.else
	slot_with_library \n, count_plain, count_before, count_call
	.endif
.endm

	image count, slot=count_slot, ask=count_ask

	.section .text.count_slots, "ax", @progbits
	.balign	16
count_close:
	slot_flags_to_ax
	cmp	%edi, syslayer_kept(%rip)
	je	1f
	cmp	%edi, syslayer_kept+4(%rip)
	je	1f
	slot_flags_from_ax
	mov	$3, %eax
	count_before_call 3
1:	slot_flags_from_ax
	mov	$3, %eax
	slot_handle_call 3, count_call
count_ask_close:
	slot_handle_ask 3, count_call

/* Nothing is pushed in these: a signal that cancels the thread has it unwound from wherever it is, and the rule is
 * that of the slot's frame. */

/* rax is the result, maybe an error; cx is the number. */
count_result:
	mov	%rax, %r11
	slot_flags_to_ax
	cmp	$-4095, %r11
	jae	count_error
	slot_flags_from_ax
	mov	%r11, %rax
	slot_return

count_error:
	count_one_error
	slot_return

/*
 * A call that is made elsewhere: how it ends is known where it can be made in its place from here. It is counted before,
 * as what stands there is not in a slot when a signal comes.
 */
count_ask:
	mov	%eax, %ecx
	slot_flags_to_ax
	lea	count_shared(%rip), %r11
	lea	(%rcx,%rcx,2), %ecx
	lock incq (%r11,%rcx,8)
	imul	$0xaaaaaaab, %ecx, %ecx		/* by 3, exactly */
	mov	(%rsp), %r11
	slot_cancel_point %r11, 2f
	slot_flags_from_ax
	mov	%cx, %ax
	slot_go_on
2:	slot_flags_from_ax
	mov	%ecx, %eax
	mov	%rcx, -8(%rsp)
	mov	SYSLAYER_FRAME+8(%rsp), %rcx
	mov	%rcx, -16(%rsp)
	lea	3f(%rip), %rcx
	mov	%rcx, -24(%rsp)
	lea	SLOT_POINT(%r11), %r11
	lea	-24(%rsp), %rsp
	slot_go	%r11
3:	slot_depth 16
	mov	8(%rsp), %rcx
	lea	16(%rsp), %rsp
	mov	%rax, %r11
	slot_flags_to_ax
	cmp	$-4095, %r11
	jb	4f
	count_one_error
	slot_answer
4:	slot_flags_from_ax
	mov	%r11, %rax
	slot_answer

/*
 * Where a call in slot n goes on that has been counted when it was interrupted, at COUNT_AGAIN times n, if it is to be
 * made again, or 2 bytes behind it; its bytes there are those of the slot.
 */
	.section .text.count_again, "ax", @progbits
	.balign	64
	.globl	count_again
	.hidden	count_again
count_again:
	.set	again_number, 0
	.rept	SYSLAYER_SLOT_COUNT
	syscall
	mov	$again_number, %cx
	jmp	count_result
	.skip	16 - (. - count_again - 16*again_number), 0xcc
	.set	again_number, again_number + 1
	.endr

	.section .note.GNU-stack, "", @progbits
