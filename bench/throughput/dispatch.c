// SPDX-License-Identifier: BSD-2-Clause
/*
 * LD_PRELOAD: Syscall User Dispatch, each call of the thread comes as SIGSYS and is made by the handler. It
 * begins with the first epoll_wait(3), where DISPATCH_LATE is set: a server has made its threads by then,
 * which are not followed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

/* The calls that the kernel lets pass: they lie between dispatch_start and dispatch_end. */
long dispatch_call(long number, long a, long b, long c, long d, long e, long f);
void dispatch_restorer(void);
void dispatch_return(const void *frame);
extern const char dispatch_start[], dispatch_end[];
__asm__(".pushsection .text\n"
        ".globl dispatch_start, dispatch_end, dispatch_call, dispatch_restorer, dispatch_return\n"
        "dispatch_start:\n"
        "dispatch_call:\n"
        "	mov %rdi, %rax\n	mov %rsi, %rdi\n	mov %rdx, %rsi\n	mov %rcx, %rdx\n"
        "	mov %r8, %r10\n	mov %r9, %r8\n	mov 8(%rsp), %r9\n	syscall\n	ret\n"
        "dispatch_return:\n"
        "	mov %rdi, %rsp\n"
        "dispatch_restorer:\n"
        "	mov $15, %eax\n	syscall\n	nop\n" /* the kernel looks at where it goes on */
        "dispatch_end:\n"
        ".popsection\n");

static void handler(int sig, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;

	(void)sig;
	(void)info;
	/* The end of another signal's handler. */
	if (r[REG_RAX] == SYS_rt_sigreturn)
		dispatch_return((const void *)r[REG_RSP]);
	r[REG_RAX] =
	    dispatch_call(r[REG_RAX], r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
}

static void begin(void)
{
	static char selector;
	const struct {
		void (*handler)(int, siginfo_t *, void *);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} a = {handler, SA_SIGINFO | SA_NODEFER | 0x04000000 /* SA_RESTORER */, dispatch_restorer, 0};

	if (syscall(SYS_rt_sigaction, SIGSYS, &a, NULL, 8) ||
	    prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, dispatch_start, dispatch_end - dispatch_start, &selector))
		_exit(126);
	selector = 1; /* SYSCALL_DISPATCH_FILTER_BLOCK */
}

static int is_late;

static __attribute__((constructor)) void start(void)
{
	is_late = getenv("DISPATCH_LATE") != NULL;
	if (!is_late)
		begin();
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
	static int (*next)(int, struct epoll_event *, int, int);

	if (!next) {
		next = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
		if (is_late)
			begin();
	}
	return next(fd, events, count, timeout);
}
