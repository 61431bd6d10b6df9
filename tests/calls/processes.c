// SPDX-License-Identifier: BSD-2-Clause
/* processes WHAT: calls that make processes, above all those whose child runs on its parent's stack. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int check(const char *what, int ok)
{
	printf("%s: %s\n", what, ok ? "right" : "wrong");
	return ok ? 0 : 1;
}

static int ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* Stores what it computes over and over: the stack below the parent's frame is overwritten. */
static __attribute__((noinline)) long busy(int depth)
{
	volatile long here[32];

	for (int i = 0; i < 32; i++)
		here[i] = depth * i;
	getppid();
	if (depth)
		busy(depth - 1);
	return here[31];
}

static int by_vfork(void)
{
	volatile int rounds = 0, bad = 0;
	volatile long kept = 0x1234567;

	for (volatile int i = 0; i < 50; i++) {
		pid_t pid = vfork();

		if (!pid) {
			rounds++;
			busy(20);
			/* A child that calls more, and one that becomes another program. */
			if (i % 2)
				execl("/bin/true", "true", (char *)NULL);
			_exit(i % 2 ? 99 : i);
		}
		bad |= pid < 0 || ended(pid) != (i % 2 ? 0 : i);
	}
	return check("vfork", !bad && rounds == 50 && kept == 0x1234567);
}

/* vfork without any C library: the child's calls overwrite whatever the site would leave on the stack. */
long bare_vfork(long number);
__asm__(".text\n\t.type bare_vfork, @function\nbare_vfork:\n\t"
        "push %rbx\n\tmov %rdi, %rax\n\tsyscall\n\t"
        "test %rax, %rax\n\tjnz 1f\n\t"
        "mov $20, %ebx\n2:\tmov $110, %eax\n\tsyscall\n\tpush %rax\n\tdec %ebx\n\tjnz 2b\n\t"
        "mov $231, %eax\n\tmov $17, %edi\n\tsyscall\n"
        "1:\tpop %rbx\n\tret\n\t.size bare_vfork, . - bare_vfork");

static int by_bare_vfork(void)
{
	int bad = 0;

	for (int i = 0; i < 20; i++)
		bad |= ended((pid_t)bare_vfork(SYS_vfork)) != 17;
	return check("vfork, any number", !bad);
}

static int by_spawn(void)
{
	char *arguments[] = {"sh", "-c", "exit 3", NULL};
	char line[16] = "";
	FILE *f;
	pid_t pid;
	int bad = 0;

	for (int i = 0; i < 10; i++)
		bad |= posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, environ) || ended(pid) != 3;
	bad |= !posix_spawn(&pid, "/nowhere", NULL, NULL, arguments, environ);
	check("posix_spawn", !bad);
	bad |= WEXITSTATUS(system("exit 4")) != 4;
	check("system", !bad);
	f = popen("echo hello", "r");
	bad |= !f || !fgets(line, sizeof line, f) || pclose(f) || strcmp(line, "hello\n") != 0;
	return check("popen", !bad);
}

static int child_on_stack(void *argument)
{
	busy(10);
	return *(int *)argument;
}

static int by_clone(void)
{
	size_t size = 1 << 16;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int five = 5, bad = 0;

	for (int i = 0; i < 10; i++) {
		bad |= ended(clone(child_on_stack, stack + size, CLONE_VM | SIGCHLD, &five)) != 5;
		bad |=
		    ended(clone(child_on_stack, stack + size, CLONE_VM | CLONE_VFORK | SIGCHLD, &five)) != 5;
		bad |= ended(clone(child_on_stack, stack + size, SIGCHLD, &five)) != 5;
	}
	return check("clone", !bad);
}

/* syscall(): the number is not known where the instruction stands. */
static int by_number(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	long pid;
	int bad = 0;

	for (int i = 0; i < 10; i++) {
		pid = syscall(SYS_clone3, &a, sizeof a);
		if (!pid)
			_exit(6);
		bad |= pid < 0 ? errno != ENOSYS : ended((pid_t)pid) != 6;
		pid = syscall(SYS_fork);
		if (!pid)
			_exit(7);
		bad |= ended((pid_t)pid) != 7;
		pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (!pid)
			_exit(8);
		bad |= ended((pid_t)pid) != 8;
	}
	return check("clone3, fork, clone by number", !bad);
}

/* clone3 with a stack, whose child is given nothing but registers. */
long bare_clone3(struct clone_args *a, long size);
__asm__(".text\n\t.type bare_clone3, @function\nbare_clone3:\n\t"
        "mov $435, %eax\n\tsyscall\n\t"
        "test %rax, %rax\n\tjnz 1f\n\t"
        "pop %rdi\n\tmov $231, %eax\n\tsyscall\n"
        "1:\tret\n\t.size bare_clone3, . - bare_clone3");

static int by_bare_clone3(void)
{
	static long stack[512];
	struct clone_args a = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
	long pid;
	int bad = 0;

	/* The status lies on the child's stack: if rsp were off by anything, it would be another. */
	for (int i = 0; i < 512; i++)
		stack[i] = 100 + i % 100;
	stack[500] = 42;
	a.stack = (uint64_t)(uintptr_t)stack;
	a.stack_size = 500 * sizeof *stack;
	pid = bare_clone3(&a, sizeof a);
	bad |= pid < 0 ? pid != -ENOSYS : ended((pid_t)pid) != 42;
	return check("clone3 with a stack", !bad);
}

/* The same by clone, and the number comes from elsewhere. */
long bare_clone(long number, long flags, void *stack);
__asm__(".text\n\t.type bare_clone, @function\nbare_clone:\n\t"
        "mov %rdi, %rax\n\tmov %rsi, %rdi\n\tmov %rdx, %rsi\n\tsyscall\n\t"
        "test %rax, %rax\n\tjnz 1f\n\t"
        "pop %rdi\n\tmov $231, %eax\n\tsyscall\n"
        "1:\tret\n\t.size bare_clone, . - bare_clone");

static int by_bare_clone(void)
{
	static long stack[512];
	int bad = 0;

	for (int i = 0; i < 512; i++)
		stack[i] = 100 + i % 100;
	stack[500] = 43;
	for (int i = 0; i < 10; i++) {
		/* On a stack of its own beside its parent, and on it while the parent waits. */
		bad |= ended((pid_t)bare_clone(SYS_clone, CLONE_VM | SIGCHLD, stack + 500)) != 43;
		bad |=
		    ended((pid_t)bare_clone(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, stack + 500)) != 43;
	}
	return check("clone with a stack, any number", !bad);
}

static int storm(void)
{
	enum { CHILDREN = 100 };
	int bad = 0;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < CHILDREN; i++) {
			pid_t pid = fork();

			if (!pid) {
				pid_t grandchild = fork();

				if (!grandchild)
					_exit(i % 7);
				_exit(ended(grandchild) == i % 7 ? 0 : 1);
			}
		}
		for (int i = 0; i < CHILDREN; i++)
			bad |= ended(-1) > 0;
	}
	return check("fork", !bad);
}

int main(int argc, char **argv)
{
	int bad = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 2 && !strcmp(argv[1], "exec")) {
		/* Again and again, each a fresh start with what is served. */
		int n = atoi(argv[2]);
		char left[16];

		printf("%d\n", n);
		if (!n)
			return 0;
		snprintf(left, sizeof left, "%d", n - 1);
		execl("/proc/self/exe", argv[0], "exec", left, (char *)NULL);
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "abort"))
		abort();
	bad |= by_vfork();
	bad |= by_bare_vfork();
	bad |= by_spawn();
	bad |= by_clone();
	bad |= by_number();
	bad |= by_bare_clone3();
	bad |= by_bare_clone();
	bad |= storm();
	return bad;
}
