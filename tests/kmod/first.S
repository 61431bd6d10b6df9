/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program without libc and without runtime: what it does first is a call through its
 * section. Exits with 0 when the calls came back as they should. As an interpreter it does
 * the same, and the program never runs. With NOTE it brings its own note, which gives the
 * section's address as linked; else elfpatch reserve adds one.
 */
#include <syslayer/abi.h>

	.section .syscalls, "aw", @nobits
	.balign	SYSLAYER_PAGE
	.hidden	section
section:
	.skip	SYSLAYER_SIZE_DEFAULT

.macro call_slot number:req
	mov	$\number, %eax
	lea	-SYSLAYER_FRAME(%rsp), %rsp
	lea	2f(%rip), %rcx
	mov	%rcx, (%rsp)
1:	jmp	section + \number * SYSLAYER_SLOT_SIZE
2:
	.pushsection .syslayer.calls, "", @progbits
	.quad	1b + 1
	.popsection
.endm

	.text
	.globl	_start
_start:
	call_slot 39			/* getpid */
	test	%eax, %eax
	jle	fail
	call_slot 110			/* getppid */
	test	%eax, %eax
	js	fail
	lea	text(%rip), %rsi
	mov	$1, %edi
	mov	$text_end - text, %edx
	call_slot 1			/* write */
	xor	%edi, %edi
	call_slot 231			/* exit_group */
fail:	mov	$1, %edi
	call_slot 231

	.section .rodata
text:	.ascii	"first works\n"
text_end:
#ifdef NOTE
	.section .note.syslayer, "a", @note
	.balign	8
	.long	SYSLAYER_NOTE_NAME_LEN, 72, SYSLAYER_NOTE_TYPE
1:	.asciz	SYSLAYER_NOTE_NAME
	.skip	12 - (. - 1b)
	.long	SYSLAYER_NOTE_VERSION
	.short	62, 0
	.quad	section, SYSLAYER_SIZE_DEFAULT
	.long	SYSLAYER_SLOT_SIZE, SYSLAYER_SLOT_COUNT, SYSLAYER_ABI_VERSION, 0
1:	.asciz	SYSLAYER_ABI_LINUX_X86_64
	.skip	SYSLAYER_ABI_NAME_LEN - (. - 1b)
#endif
	.section .note.GNU-stack, "", @progbits
