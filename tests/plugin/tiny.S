# SPDX-License-Identifier: BSD-2-Clause
# No C library: getppid three times, a word, exit 6.
	.globl _start
	.text
_start:
	mov $3, %ebx
1:	mov $110, %eax
	syscall
	dec %ebx
	jnz 1b
	mov $1, %eax
	mov $1, %edi
	lea word(%rip), %rsi
	mov $5, %edx
	syscall
	mov counter(%rip), %edi
	add $6, %edi
	mov $60, %eax
	syscall
	hlt
word:	.ascii "tiny\n"
#ifdef BSS
	.bss
#else
	.data
#endif
counter: .long 0
	.section .note.GNU-stack, "", @progbits
