// SPDX-License-Identifier: BSD-2-Clause
/* Filters of seccomp(2), which look at the number and at an argument: allow, SIGSYS, and another process's
 * answer. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "peers.h"

#define MARK 0x51a7e4 /* the last argument of what is allowed */

/* For getppid without the mark; all else is allowed. */
static int filter(uint32_t action, unsigned flags)
{
	struct sock_filter f[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, action),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof f / sizeof *f, f};
	int fd = -1;

	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (fd < 0)
		die("seccomp");
	return fd;
}

static enum what todo;

static void on_sigsys(int number, siginfo_t *info, void *context)
{
	(void)number;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] =
	    todo == ANSWER_IT ? ANSWER : again(info->si_syscall, 0, 0, 0, 0, 0, MARK);
}

void seccomp_start(enum what what)
{
	struct sigaction a = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

	todo = what;
	sigaction(SIGSYS, &a, NULL);
	filter(what == ALLOW ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP, 0);
}

static void on_child(int number)
{
	int status;

	(void)number;
	if (wait(&status) > 0)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

void notify_start(enum what what)
{
	volatile int *listener =
	    mmap(NULL, sizeof *listener, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct seccomp_notif request;
	struct seccomp_notif_resp response;
	int fd;
	pid_t child;

	signal(SIGCHLD, on_child);
	child = fork();
	if (!child) {
		signal(SIGCHLD, SIG_DFL);
		*listener = filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		return;
	}
	while (!*listener)
		usleep(1000);
	fd = (int)syscall(SYS_pidfd_open, child, 0);
	fd = (int)syscall(SYS_pidfd_getfd, fd, *listener, 0);
	if (fd < 0)
		die("pidfd_getfd");
	for (;;) {
		memset(&request, 0, sizeof request);
		memset(&response, 0, sizeof response);
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request))
			continue;
		response.id = request.id;
		if (what == ANSWER_IT)
			response.val = ANSWER;
		else
			response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
}
