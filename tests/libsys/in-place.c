/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that are made where they stand: vfork, clone, clone3, rt_sigreturn. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/sched.h>
#include <syslayer/sys.h>
#include "slots.h"

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			printf("line %d: %s; errno %d\n", __LINE__, #condition, errno);                      \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static volatile int shared, signals;

static void handler(int sig)
{
	signals += sig;
}

static int status_of(long pid)
{
	int status = -1;

	CHECK(pid > 0);
	CHECK(libsys_wait4((int)pid, &status, 0, NULL) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The child runs on the parent's stack first, and writes over what lies below it. */
static __attribute__((noinline)) void child_of_vfork(int status)
{
	volatile char stack[4096];
	size_t i;

	for (i = 0; i < sizeof(stack); i++)
		stack[i] = (char)0xcc;
	shared++;
	sys_exit_group(status);
}

static void vforks(void)
{
	const unsigned long flags = CLONE_VM | CLONE_VFORK | SIGCHLD;
	struct clone_args args = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
	long pid;

	pid = sys_vfork();
	if (pid == 0)
		child_of_vfork(11);
	CHECK(status_of(pid) == 11 && shared == 1);
	pid = libsys_vfork();
	if (pid == 0)
		child_of_vfork(12);
	CHECK(status_of(pid) == 12 && shared == 2);
	pid = sys_clone(flags, NULL, NULL, NULL, 0);
	if (pid == 0)
		child_of_vfork(13);
	CHECK(status_of(pid) == 13 && shared == 3);
	pid = libsys_clone3(&args, sizeof(args));
	if (pid == 0)
		child_of_vfork(14);
	CHECK(status_of(pid) == 14 && shared == 4);
}

static void forks(void)
{
	const unsigned long flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD;
	struct clone_args args = {.exit_signal = SIGCHLD};
	int parent_tid = 0, child_tid = 0;
	long pid;

	/* All the arguments count, so that each register has to be right. */
	pid = libsys_clone(flags, NULL, &parent_tid, &child_tid, 0);
	if (pid == 0)
		sys_exit_group(child_tid == sys_getpid() ? 21 : 1);
	CHECK(status_of(pid) == 21 && parent_tid == pid && child_tid == 0);
	pid = sys_clone3(&args, sizeof(args));
	if (pid == 0)
		sys_exit_group(22);
	CHECK(status_of(pid) == 22);
	pid = sys_fork();
	if (pid == 0)
		sys_exit_group(23);
	CHECK(status_of(pid) == 23);
}

/* A child with a stack of its own, from assembly: it goes on behind the call with that stack. */
long child_stack(unsigned long flags, void *stack);
__asm__(".text\n"
        "child_stack:\n"
        "	xor %edx, %edx\n"
        "	xor %ecx, %ecx\n"
        "	xor %r8d, %r8d\n"
        "	sub $8, %rsp\n"
        "	call sys_clone\n"
        "	test %eax, %eax\n"
        "	jz 1f\n"
        "	add $8, %rsp\n"
        "	ret\n"
        "1:	pop %rdi\n"
        "	mov $60, %eax\n"
        "	syscall\n");

static void stacks(void)
{
	static unsigned long stack[512];

	stack[511] = 31;
	CHECK(status_of(child_stack(CLONE_VM | SIGCHLD, &stack[511])) == 31);
}

static void errors(void)
{
	errno = 0;
	CHECK(sys_clone(CLONE_THREAD, NULL, NULL, NULL, 0) == -EINVAL && errno == 0);
	CHECK(sys_clone3(NULL, 1) == -EINVAL && errno == 0);
	CHECK(libsys_clone(CLONE_THREAD, NULL, NULL, NULL, 0) == -1 && errno == EINVAL);
	errno = 0;
	CHECK(libsys_clone3(NULL, 1) == -1 && errno == EINVAL);
}

static void sigreturns(void)
{
	struct kernel_sigaction act = {.handler = handler, .flags = 0x04000000 /* SA_RESTORER */};

	act.restorer = (void (*)(void))sys_rt_sigreturn;
	CHECK(libsys_rt_sigaction(SIGUSR1, &act, NULL, 8) == 0);
	CHECK(libsys_kill(sys_getpid(), SIGUSR1) == 0 && signals == SIGUSR1);
	act.restorer = libsys_rt_sigreturn;
	CHECK(libsys_rt_sigaction(SIGUSR2, &act, NULL, 8) == 0);
	CHECK(libsys_kill(sys_getpid(), SIGUSR2) == 0 && signals == SIGUSR1 + SIGUSR2);
}

int main(void)
{
	CHECK(fill_slots_native() == 0);
	vforks();
	forks();
	stacks();
	errors();
	sigreturns();
	puts("in place ok");
	return 0;
}
