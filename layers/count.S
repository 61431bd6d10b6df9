/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layer that counts: its slots. A call costs an increment before it and a look at its
 * result after it; no flag that a program can see changes. Few calls go through C (count.c).
 */
#include <syslayer/slot-x86_64.h>

/* Numbers of the slots that hook: these go to C first. asm/unistd_64.h; count.c has the same. */
.macro count_slot n
	.if	\n == 13 || \n == 56 || \n == 57 || \n == 58 || \n == 59 || \n == 60 || \n == 231 || \n == 322 || \n == 435
	slot_hook count_hook_call, count_hook_ask
	.else
	/* All 64 bytes; each slot has an exit of its own, so that its jump is predicted on its own. */
1:	slot_flags_to_ax
	lock incq count_calls + 8 * \n(%rip)
	slot_flags_from_ax
	mov	$\n, %eax
	syscall
	slot_error_invert
	jmp	2f
	.skip	SYSLAYER_SLOT_ASK - (. - 1b), 0xcc
	jmp	count_ask
2:	slot_error_branch 3f
	slot_return
3:	mov	$\n, %cx
	jmp	count_error
	.skip	SYSLAYER_SLOT_SIZE - (. - 1b), 0xcc
	.endif
.endm

/* read and write, whose slots hold the header. */
.macro count_body n
	.balign	64
	slot_flags_to_ax
	lock incq count_calls + 8 * \n(%rip)
	slot_flags_from_ax
	mov	$\n, %eax
	syscall
	slot_error_invert
	slot_error_branch 1f
	slot_return
1:	mov	$\n, %cx
	jmp	count_error
.endm

	.section .slots, "ax", @progbits
image_base:
	slot_hook_short count_read
	image_header size="image_end - image_base", state="image_state - image_base", init="count_init - image_base", ask="count_ask - image_base"
	slot_hook_short count_write
	image_names count
	.set	number, 2
	.rept	SYSLAYER_SLOT_COUNT - 2
	.altmacro
	count_slot %number
	.noaltmacro
	.set	number, number + 1
	.endr

	.text
count_read:
	count_body 0
count_write:
	count_body 1

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

/* Into C and back: rcx is what count_hook returned, rax the result. struct count_call is this order. */
.macro enter_c
	pushf
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rax
	cld
	mov	%rsp, %rdi
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	count_hook
	mov	%rbp, %rsp
	pop	%rbp
	mov	%eax, %ecx
	pop	%rax
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%r10
	pop	%r8
	pop	%r9
	popf
.endm

count_hook_call:
	enter_c
	jrcxz	1f
	slot_return
1:	push	%rax				/* the number: a restarted call keeps it there */
	syscall
	slot_error_invert
	slot_error_branch 2f
	pop	%rcx
	slot_return
2:	pop	%rcx
	mov	%ecx, %ecx
	jmp	count_error

count_hook_ask:
	enter_c
	jrcxz	1f
	slot_answer
1:	slot_go_on

/*
 * The handler of signals that kill. The flags that a program gave with SIG_DFL are those of
 * its own that the handler must have: which of them were given, the entry tells (count-signal.c),
 * so that nothing need be kept that a child of vfork would change for its parent.
 * It goes back by itself: the restorer is the program's, and nobody has checked it.
 */
	.balign	64
	.globl	count_signal_entry
	.hidden	count_signal_entry
count_signal_entry:
	.skip	16, 0x90
	push	%rax
	call	count_signal
	lea	16(%rsp), %rsp			/* what the push took, and the return address */
	mov	$15, %eax			/* rt_sigreturn */
	syscall

	.section .note.GNU-stack, "", @progbits
