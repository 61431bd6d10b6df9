// SPDX-License-Identifier: BSD-2-Clause
/* Syscall User Dispatch: the kernel sends SIGSYS for calls from outside of one range of addresses. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "peers.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

extern const char dispatch_range[], dispatch_range_end[];
void dispatch_restorer(void);
__asm__(".text\ndispatch_range:\n"
        ".globl again\n.type again, @function\nagain:\n\t"
        "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tmov %rcx, %rdx\n\t"
        "mov %r8, %r10\n\tmov %r9, %r8\n\tmov 8(%rsp), %r9\n\tsyscall\n\tret\n\t.size again, . - again\n"
        "dispatch_restorer:\n\tmov $15, %rax\n\tsyscall\n\thlt\n"
        "dispatch_range_end:");

static enum what todo;
static volatile char selector;

static void on_sigsys(int number, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)number;
	r[REG_RAX] = todo == ANSWER_IT && info->si_syscall == SYS_getppid
	                 ? ANSWER
	                 : again(info->si_syscall, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8],
	                         r[REG_R9]);
}

void dispatch_start(enum what what)
{
	/* As the kernel has it; the C library's restorer lies outside of the range. */
	struct {
		void (*handler)(int, siginfo_t *, void *);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} a = {on_sigsys, SA_SIGINFO | 0x04000000, dispatch_restorer, 0};

	todo = what;
	if (syscall(SYS_rt_sigaction, SIGSYS, &a, NULL, sizeof a.mask) ||
	    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, dispatch_range,
	          dispatch_range_end - dispatch_range, &selector))
		die("Syscall User Dispatch");
	selector = what != ALLOW;
}
