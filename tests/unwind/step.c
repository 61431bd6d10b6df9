// SPDX-License-Identifier: BSD-2-Clause
/* step: calls of several ways and tactics, each in a function of its own, for a debugger to step through. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#define FUNCTION __attribute__((noinline, used)) long

static volatile long number = SYS_getppid;

/* The instruction before it is moved. */
FUNCTION before(void);
FUNCTION before(void)
{
	long result;

	__asm__ volatile("movl %1, %%eax\n\tsyscall"
	                 : "=&a"(result)
	                 : "i"(SYS_getppid)
	                 : "rcx", "r11", "memory");
	return result;
}

/* Moved instructions change the stack, and so do those behind the call. */
FUNCTION pushed(void);
__asm__(".globl pushed\n"
        ".type pushed, @function\n"
        "pushed:\n"
        ".cfi_startproc\n\t"
        "movl $110, %eax\n\t"
        "push %rbx\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        ".cfi_rel_offset rbx, 0\n\t"
        "xor %ebx, %ebx\n\t"
        "push %r12\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        ".cfi_rel_offset r12, 0\n\t"
        "syscall\n\t"
        "pop %r12\n\t"
        ".cfi_adjust_cfa_offset -8\n\t"
        ".cfi_restore r12\n\t"
        "pop %rbx\n\t"
        ".cfi_adjust_cfa_offset -8\n\t"
        ".cfi_restore rbx\n\t"
        "ret\n"
        ".cfi_endproc\n"
        ".size pushed, . - pushed\n");

/* A branch stands before the call: the instructions behind it are moved, and they change the stack. */
FUNCTION after(void);
__asm__(".globl after\n"
        ".type after, @function\n"
        "after:\n"
        ".cfi_startproc\n\t"
        "push %rbx\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        ".cfi_rel_offset rbx, 0\n\t"
        "movl $110, %eax\n\t"
        "test %eax, %eax\n\t"
        "js 1f\n\t"
        "syscall\n\t"
        "pop %rbx\n\t"
        ".cfi_adjust_cfa_offset -8\n\t"
        ".cfi_restore rbx\n\t"
        "mov %rax, %rdx\n"
        "1:\tret\n"
        ".cfi_endproc\n"
        ".size after, . - after\n");

/* A branch leads to the call: the same, and the number is not known. */
FUNCTION target(void);
__asm__(".globl target\n"
        ".type target, @function\n"
        "target:\n"
        ".cfi_startproc\n\t"
        "push %rbx\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        ".cfi_rel_offset rbx, 0\n\t"
        "movl $110, %eax\n\t"
        "test %eax, %eax\n\t"
        "jne 1f\n\t"
        "xor %ebx, %ebx\n"
        "1:\tsyscall\n\t"
        "pop %rbx\n\t"
        ".cfi_adjust_cfa_offset -8\n\t"
        ".cfi_restore rbx\n\t"
        "mov %rax, %rdx\n\t"
        "ret\n"
        ".cfi_endproc\n"
        ".size target, . - target\n");

/* The frame is found by rbp. */
FUNCTION framed(void);
FUNCTION framed(void)
{
	volatile char *room = __builtin_alloca((size_t)number);
	long result;

	room[0] = 1;
	__asm__ volatile("movl %1, %%eax\n\tsyscall"
	                 : "=&a"(result)
	                 : "i"(SYS_getppid)
	                 : "rcx", "r11", "memory");
	return result + room[0];
}

/* The number is known at run time only. */
FUNCTION gated(void);
FUNCTION gated(void)
{
	long result;

	__asm__ volatile("mov %%rax, %%rdx\n\tsyscall\n\tmov %%rax, %%rdx"
	                 : "=a"(result)
	                 : "0"(number)
	                 : "rcx", "rdx", "r11", "memory");
	return result;
}

/* A number without a slot, at run time. */
FUNCTION slotless(void);
FUNCTION slotless(void)
{
	long result;

	__asm__ volatile("mov %%rax, %%rdx\n\tsyscall\n\tmov %%rax, %%rdx"
	                 : "=a"(result)
	                 : "0"(number + 100000)
	                 : "rcx", "rdx", "r11", "memory");
	return result;
}

/* Asked for, then made in the trampoline: an error, so that there is no child. */
FUNCTION asked(void);
FUNCTION asked(void)
{
	long result;

	__asm__ volatile("movl %1, %%eax\n\tsyscall"
	                 : "=&a"(result)
	                 : "i"(SYS_clone3), "D"(0L), "S"(0L)
	                 : "rcx", "r11", "memory");
	return result;
}

#ifndef NO_FILL
/* Nothing around it can move: it jumps to the fill before `behind_fill`. */
FUNCTION jumped(void);
__asm__(".balign 64\n"
        ".globl jumped\n"
        ".type jumped, @function\n"
        "jumped:\n"
        ".cfi_startproc\n\t"
        "push %rbx\n\t"
        ".cfi_adjust_cfa_offset 8\n\t"
        ".cfi_rel_offset rbx, 0\n\t"
        "movl $110, %eax\n\t"
        "jmp 1f\n"
        "1:\tsyscall\n\t"
        "jmp 2f\n"
        "2:\tpop %rbx\n\t"
        ".cfi_adjust_cfa_offset -8\n\t"
        ".cfi_restore rbx\n\t"
        "ret\n"
        ".cfi_endproc\n"
        ".size jumped, . - jumped\n\t"
        ".skip 18, 0xcc\n"
        ".type behind_fill, @function\n"
        "behind_fill:\n"
        ".cfi_startproc\n\t"
        "ret\n"
        ".cfi_endproc\n"
        ".size behind_fill, . - behind_fill\n");
#else
#define jumped before
#endif

FUNCTION caller(long (*f)(void));
FUNCTION caller(long (*f)(void))
{
	long result = f();

	__asm__ volatile("" ::: "rbx", "rbp", "r12", "r13", "r14", "r15", "memory");
	return result;
}

int main(void)
{
	long (*const all[])(void) = {before, pushed, after, target, framed, gated, slotless, asked, jumped};
	long sum = 0;

	/* The first call of a dynamic program looks for another's section, in C. */
	__asm__ volatile("syscall" : "=a"(sum) : "0"(SYS_getppid) : "rcx", "r11", "memory");
	sum = 0;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		sum += caller(all[i]);
	return sum == 1;
}
