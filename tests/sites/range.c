// SPDX-License-Identifier: BSD-2-Clause
/*
 * range WHAT SHAPE: a call that is given up when a signal comes before it. calls: their results. step: for
 * each instruction from the function's first to the blocking call's, a signal comes before it; none
 * may be lost. unwind: from a signal that finds it waiting, unwinding comes to main, and the call is given
 * up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

typedef long cancellable(volatile int *, long, long, long, long, long, long, long);

#define SHAPE(name)                                                                                          \
	extern cancellable name;                                                                             \
	extern const char name##_start[], name##_end[], name##_cancel[];
SHAPE(musl)
SHAPE(glibc)
SHAPE(qemu)
SHAPE(odd)
SHAPE(late)

static const char *cancel_start, *cancel_end, *cancel_at;
static volatile int flag;
static enum { MUSL, GLIBC, QEMU, ODD, LATE } shape;

/* Nobody takes the address of any: it might be the start of a range. */
static long call(volatile int *f, long n, long a, long b, long c, long d, long e, long g)
{
	switch (shape) {
	case MUSL:
		return musl(f, n, a, b, c, d, e, g);
	case GLIBC:
		return glibc(f, n, a, b, c, d, e, g);
	case QEMU:
		return qemu(f, n, a, b, c, d, e, g);
	case ODD:
		return odd(f, n, a, b, c, d, e, g);
	case LATE:
		return late(f, n, a, b, c, d, e, g);
	}
	return -1;
}

int main(int argc, char **argv);

static _Unwind_Reason_Code is_main(struct _Unwind_Context *frame, void *found)
{
	if (_Unwind_FindEnclosingFunction((void *)_Unwind_GetIP(frame)) != (void *)main)
		return _URC_NO_REASON;
	*(int *)found = 1;
	return _URC_END_OF_STACK;
}

static int unwound;

static void on_alarm(int number, siginfo_t *info, void *context)
{
	greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)number;
	(void)info;
	_Unwind_Backtrace(is_main, &unwound);
	if (*pc >= (greg_t)cancel_start && *pc < (greg_t)cancel_end)
		*pc = (greg_t)cancel_at;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)number;
	(void)info;
	flag = -1;
	if (*pc >= (greg_t)cancel_start && *pc < (greg_t)cancel_end)
		*pc = (greg_t)cancel_at;
}

/* All six arguments arrive, errors come back, a flag that is set is seen. */
static int calls(void)
{
	char path[] = "/proc/self/exe", buffer[4] = "";
	int ends[2], bad = 0;

	bad |= call(&flag, SYS_getppid, 0, 0, 0, 0, 0, 0) != getppid();
	bad |= call(&flag, SYS_close, -1, 0, 0, 0, 0, 0) != -EBADF;
	bad |= call(&flag, 100000, 0, 0, 0, 0, 0, 0) != -ENOSYS;
	bad |= call(&flag, -1, 0, 0, 0, 0, 0, 0) != -ENOSYS;
	bad |= pipe(ends) != 0;
	bad |= call(&flag, SYS_write, ends[1], (long)"abc", 3, 0, 0, 0) != 3;
	bad |= call(&flag, SYS_read, ends[0], (long)buffer, 4, 0, 0, 0) != 3 || strcmp(buffer, "abc") != 0;
	bad |= call(&flag, SYS_faccessat, -100, (long)path, 0, 0, 0, 0) != 0;
	flag = -1;
	bad |= call(&flag, SYS_getppid, 0, 0, 0, 0, 0, 0) != -512;
	return bad;
}

static _Noreturn void child(int read_end)
{
	char c;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	__asm__ volatile("int3");
	_exit(call(&flag, SYS_read, read_end, (long)&c, 1, 0, 0, 0) == -512 ? 0 : 1);
}

/* Steps of a child before the signal; *blocks: it was about to block. The child's status. */
static int one(unsigned steps, int read_end, int *blocks)
{
	int status, number;
	pid_t pid = fork();

	if (!pid)
		child(read_end);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
	*blocks = 0;
	for (unsigned n = 0; n < steps && !*blocks; n++) {
		struct user_regs_struct r;

		ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
		waitpid(pid, &status, 0);
		ptrace(PTRACE_GETREGS, pid, 0, &r);
		*blocks = (ptrace(PTRACE_PEEKTEXT, pid, r.rip, 0) & 0xffff) == 0x050f && r.rax == SYS_read &&
		          (int)r.rdi == read_end;
	}
	number = SIGUSR1;
	ptrace(PTRACE_CONT, pid, 0, number);
	alarm(10);
	while (waitpid(pid, &status, 0) > 0 && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(status));
	alarm(0);
	return status;
}

static int step(void)
{
	unsigned steps = 0, bad = 0;
	int ends[2], blocks = 0;

	if (pipe(ends))
		return 1;
	while (!blocks && steps < 1000) {
		int status = one(++steps, ends[0], &blocks);

		if (status)
			printf("after %u steps: status 0x%x\n", steps, status);
		bad += status != 0;
	}
	printf("%s\n", steps < 10 || steps == 1000 ? "too few or too many steps" : "stepped");
	return bad || steps < 10 || steps == 1000;
}

static int unwind(void)
{
	struct sigaction a = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART};
	int ends[2];
	char c;

	sigaction(SIGALRM, &a, NULL);
	if (pipe(ends))
		return 1;
	alarm(1);
	if (call(&flag, SYS_read, ends[0], (long)&c, 1, 0, 0, 0) != -512)
		puts("not given up");
	else if (!unwound)
		puts("main is not found");
	else
		return 0;
	return 1;
}

int main(int argc, char **argv)
{
	struct sigaction a = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	if (argc < 3)
		return 98;
	setvbuf(stdout, NULL, _IONBF, 0);
#define CHOOSE(name, which)                                                                                  \
	if (!strcmp(argv[2], #name)) {                                                                       \
		shape = which;                                                                               \
		cancel_start = name##_start;                                                                 \
		cancel_end = name##_end;                                                                     \
		cancel_at = name##_cancel;                                                                   \
	}
	CHOOSE(musl, MUSL)
	CHOOSE(glibc, GLIBC)
	CHOOSE(qemu, QEMU)
	CHOOSE(odd, ODD)
	CHOOSE(late, LATE)
	sigaction(SIGUSR1, &a, NULL);
	if (!strcmp(argv[1], "unwind"))
		return unwind();
	return !strcmp(argv[1], "step") ? step() : calls();
}
