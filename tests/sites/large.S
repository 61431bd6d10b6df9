/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16 MB of code, so that it is searched in parts and by threads: 4000 functions, each with what looks like a system
 * call and is an operand, 100 of them with a call of getppid(2). getppids: those, and 0.
 */
	.set n, 0
	.section .rodata
	.balign 8
	.globl getppids
getppids:
	.text
	.rept 4000
	.cfi_startproc
1:
	.rept 400
	movabs $0x1122334455667788, %rcx
	.endr
	mov $0x1105220f, %ecx
	mov $0x1122050f, %ecx
	.if n % 40 == 0
	mov $110, %eax
	syscall
	.pushsection .rodata
	.quad 1b
	.popsection
	.endif
	ret
	.cfi_endproc
	.set n, n + 1
	.endr
	.section .rodata
	.quad 0
	.section .note.GNU-stack, "", @progbits
