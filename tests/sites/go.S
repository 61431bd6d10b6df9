/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program with Go's table of functions and no other: prints ok and exits with 7. Constants before its
 * second function look like the beginning of an instruction that swallows the function's own.
 */
	.globl	_start
	.text
text:
_start:
	call	second
	ud2
	.byte	0x48, 0xb8		/* movabs $..., %rax */
second:
	mov	$1, %edi
	lea	message(%rip), %rsi
	mov	$3, %edx
	mov	$1, %eax
	syscall
	mov	$7, %edi
	mov	$231, %eax
	syscall
	.byte	0x48, 0xb8
third:
	mov	$39, %eax
	syscall
	ret
text_end:

	.section .rodata
message:
	.ascii	"ok\n"

	.section .gopclntab, "a", @progbits
table:
	.long	MAGIC
	.byte	0, 0, 1, 8
	.quad	3
#if MAGIC == 0xfffffffb
	.quad	_start, 0, second, 0, third, 0, text_end
#elif MAGIC == 0xfffffffa
	.quad	0, 0, 0, 0, 0, functab - table
functab:
	.quad	_start, 0, second, 0, third, 0, text_end
#else
	.quad	0, text, 0, 0, 0, 0, functab - table
functab:
	.long	0, 0, second - text, 0, third - text, 0, text_end - text
#endif
	.section .note.GNU-stack, "", @progbits
