/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stubs that stand in the file of a library, and of a program that ld.so starts: every slot
 * goes on to the same slot of the primary section, the one that has the layer of the process.
 * Which that is the first call finds out (forward.c); where there is none the call is made.
 */
#include <syslayer/image-x86_64.h>
#include <syslayer/slot-x86_64.h>

.macro forward_to n:req, entry=0
	mov	forward_state(%rip), %rcx
	jrcxz	3f
	lea	\n * SYSLAYER_SLOT_SIZE + \entry(%rcx), %rcx
	slot_go
3:
.endm

/* slot_go_on, where rcx is 0 already. */
.macro forward_go_on
	pop	%r11
	lea	SYSLAYER_RED_ZONE(%rsp), %rsp
	jmp	*%r11
.endm

.macro slot_forward_call n:req
	forward_to \n
	jmp	forward_unjoined
.endm

.macro slot_forward_ask n:req
	forward_to \n, SYSLAYER_SLOT_ASK
	forward_go_on
.endm

.macro slot_forward n:req
	slot_shape \n, slot_forward, "\n < 2"
.endm

	.section .slots, "ax", @progbits
	.globl	forward_base
	.hidden	forward_base
forward_base:
	slot_forward 0
	image_header size="image_end - forward_base", state="image_state - forward_base", init=0, ask="forward_ask - forward_base", flags=SYSLAYER_IMAGE_FORWARD
	slot_forward 1
	image_names forward
	image_slots slot_forward

	.text
/* The ask entry of slots 0 and 1, where the image has one. */
forward_ask:
	mov	forward_state(%rip), %rcx
	jrcxz	3f
	mov	%rcx, %r11
	mov	SYSLAYER_IMAGE_ASK(%r11), %ecx
	jrcxz	3f
	lea	(%r11,%rcx), %rcx
	slot_go
3:	forward_go_on

/* Neither flags nor any register but rcx and r11 may change; the kernel looks at eax only. */
	.balign	64
forward_unjoined:
	movzbl	forward_state+8(%rip), %ecx
	jrcxz	1f
	slot_syscall
	slot_return
1:	slot_save
	call	forward_join
	slot_restore
	mov	forward_state(%rip), %rcx
	jrcxz	1f
	mov	%eax, %r11d
	lea	(,%r11,8), %r11
	lea	(%rcx,%r11,8), %rcx
	slot_go
1:	slot_syscall
	slot_return

	.section .note.GNU-stack, "", @progbits
