// SPDX-License-Identifier: BSD-2-Clause
/* Threads, and children that share the memory, each on a stack of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536] __attribute__((aligned(16)));
extern char **environ;

/* Somebody waits for it by then. */
static void *thread(void *argument)
{
	usleep(200000);
	return argument;
}

static int child(void *argument)
{
	*(int *)argument += 1;
	return 3;
}

int main(void)
{
	struct clone_args empty = {
	    .flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD, .stack = (uintptr_t)stack};
	char *const command[] = {"/nowhere/program", NULL};
	int n = 0, status, tid = 0, pidfd = -1;
	pthread_t t;
	pid_t pid;

	if (pthread_create(&t, NULL, thread, NULL) || pthread_join(t, NULL))
		return 1;
	if (posix_spawn(&pid, *command, NULL, NULL, command, environ) != ENOENT)
		return 2;
	pid = clone(child, stack + sizeof stack, CLONE_VM | SIGCHLD, &n);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3 || n != 1)
		return 3;
	pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, &n,
	            &tid);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3 || n != 2 || tid != pid)
		return 4;
	/* A copy of the memory, on another stack. */
	pid = clone(child, stack + sizeof stack, CLONE_PIDFD | SIGCHLD, &n, &pidfd);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3 || n != 2 || close(pidfd))
		return 5;
	if (clone(child, stack + sizeof stack, CLONE_SIGHAND | SIGCHLD, &n) != -1 || errno != EINVAL)
		return 6;
	if (syscall(SYS_clone3, &empty, sizeof empty) != -1 || errno != EINVAL)
		return 7;
	return 0;
}
