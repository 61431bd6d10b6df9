# SPDX-License-Identifier: BSD-2-Clause
# Every shape of site in a few hundred bytes: by its number, by the code around it, by who points at it.
	.globl _start
	.text
	.type _start, @function
_start:	.cfi_startproc
	mov $39, %eax
	syscall
	xor %eax, %eax
	lea word(%rip), %rsi
	syscall
	nop
	nop
	mov %rdi, %rax			# known at run time only
	mov 8(%rsp), %rdi
	syscall
	mov $58, %eax			# vfork
	syscall
	mov $56, %eax			# clone
	syscall
	test %eax, %eax
	jz 1f
	mov $435, %eax			# clone3
	syscall
1:	mov $1000, %eax			# no slot
	syscall
	mov $110, %al
	jmp 2f
	.cfi_endproc
	.size _start, . - _start

	.type late, @function
late:	.cfi_startproc
	mov $1, %ebx
2:	syscall				# a branch arrives at it: room behind only
	mov %rax, %rdx
	ret
	.cfi_endproc
	.size late, . - late

	.type table, @function
table:	.cfi_startproc
	lea jumps(%rip), %rdx
	movslq (%rdx,%rdi,4), %rax
	add %rdx, %rax
	jmp *%rax
3:	mov $102, %eax
4:	syscall
	ret
	.cfi_endproc
	.size table, . - table

	.globl compared
compared:
	mov $34, %eax
	syscall
after:	ret

	.type gone, @function
gone:	.cfi_startproc
	mov $11, %eax			# munmap of the own stack, exit
	syscall
	xor %edi, %edi
	mov $60, %eax
	syscall
	hlt
	.cfi_endproc
	.size gone, . - gone

	.cfi_startproc
	.cfi_signal_frame
	nop
restorer:
	mov $15, %rax
	syscall
	.cfi_endproc

data:	.byte 0x0f, 0x05, 0x06, 0x0e, 0x0f, 0x05, 0xff, 0xff
	.section .rodata, "a"
word:	.ascii "a word"
	.balign 4
jumps:	.long 3b - jumps, 4b - jumps, gone - jumps
#ifndef PIC
	.data
	.quad compared, after, restorer
#endif
	.bss
	.skip 24
	.section .note.GNU-stack, "", @progbits
