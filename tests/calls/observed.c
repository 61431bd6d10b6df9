// SPDX-License-Identifier: BSD-2-Clause
/* observed WHAT: others that stand between a program and the kernel: seccomp filters, tracers, dispatch to a
 * handler. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define ANSWER 4711

static volatile sig_atomic_t trapped, odd;

/* What the filter returns for getppid; all else is allowed. Result: a descriptor, with that flag. */
static int filter(uint32_t action, unsigned flags)
{
	struct sock_filter f[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, action),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof f / sizeof *f, f};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static void answer(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	trapped++;
	odd |= number != SIGSYS || info->si_syscall != SYS_getppid;
	/* The pc is behind the instruction that si_call_addr tells. */
	odd |= (greg_t)(uintptr_t)info->si_call_addr != u->uc_mcontext.gregs[REG_RIP];
	u->uc_mcontext.gregs[REG_RAX] = ANSWER;
}

static void on_sigsys(void (*call)(int, siginfo_t *, void *))
{
	struct sigaction a = {.sa_sigaction = call, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &a, NULL);
}

/* As sandboxes do it: the handler answers in the kernel's place. */
static int trap(void)
{
	int bad;

	on_sigsys(answer);
	bad = filter(SECCOMP_RET_TRAP, 0) != 0;
	for (int i = 0; i < 1000; i++)
		bad |= getppid() != ANSWER || syscall(SYS_getppid) != ANSWER || getuid() == ANSWER;
	return bad || trapped != 2000 || odd;
}

static int refused(void)
{
	int bad = filter(SECCOMP_RET_ERRNO | EXDEV, 0) != 0;

	for (int i = 0; i < 1000; i++)
		bad |= syscall(SYS_getppid) != -1 || errno != EXDEV || getpid() <= 0;
	return bad;
}

static void *answering(void *argument)
{
	int fd = *(int *)argument;

	for (int i = 0; i < 200; i++) {
		struct seccomp_notif request;
		struct seccomp_notif_resp response;

		memset(&request, 0, sizeof request);
		memset(&response, 0, sizeof response);
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request))
			return argument;
		odd |= request.data.nr != SYS_getppid || request.data.arch != AUDIT_ARCH_X86_64;
		response.id = request.id;
		response.val = ANSWER + i;
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response))
			return argument;
	}
	return NULL;
}

static int notified(void)
{
	int fd = filter(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER), bad = fd < 0;
	pthread_t t;
	void *result;

	bad |= pthread_create(&t, NULL, answering, &fd);
	for (int i = 0; !bad && i < 200; i++)
		bad |= syscall(SYS_getppid) != ANSWER + i;
	return pthread_join(t, &result) || result || bad || odd;
}

/* The kernel's own dispatch of system calls, used by the program itself. */
static volatile char selector;

static void dispatched(int number, siginfo_t *info, void *context)
{
	/* The way back from here is a call as well. */
	selector = 0;
	answer(number, info, context);
}

static int dispatch(void)
{
	int bad = 0;

	on_sigsys(dispatched);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector))
		return errno != EINVAL;
	for (int i = 0; i < 1000; i++) {
		selector = 1;
		bad |= syscall(SYS_getppid) != ANSWER;
		bad |= selector;
	}
	return bad || trapped != 1000 || odd;
}

static int traced_child(void)
{
	long parent;
	int bad = 0;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return 1;
	raise(SIGSTOP);
	parent = getppid();
	for (int i = 0; i < 10; i++) {
		bad |= syscall(SYS_getppid) != parent || getppid() != parent;
		bad |= close(-1) != -1 || errno != EBADF;
	}
	/* The tracer answers this one. */
	bad |= syscall(SYS_getpriority, 12345, 0) != ANSWER;
	return bad;
}

/* Run a traced child by `how` up to its end; calls: those that were seen to begin. */
static int trace(int how, long *stops, long *calls)
{
	struct user_regs_struct r;
	int status, inside = 0, bad = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(traced_child());
	*stops = *calls = 0;
	bad |= waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status);
	bad |= ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) != 0;
	for (int signal = 0; !bad; ++*stops) {
		if (ptrace(how, pid, NULL, (void *)(long)signal) || waitpid(pid, &status, 0) != pid)
			return 1;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (!WIFSTOPPED(status))
			return 1;
		signal = 0;
		bad |= ptrace(PTRACE_GETREGS, pid, NULL, &r) != 0;
		if (how == PTRACE_SINGLESTEP) {
			long word = ptrace(PTRACE_PEEKTEXT, pid, (void *)r.rip, NULL);

			/* The instruction that comes next; it is answered by stepping over it. */
			*calls += (word & 0xffff) == 0x050f && r.rax == SYS_getppid;
			if ((word & 0xffff) == 0x050f && r.rax == SYS_getpriority && r.rdi == 12345) {
				r.rax = ANSWER;
				r.rip += 2;
				bad |= ptrace(PTRACE_SETREGS, pid, NULL, &r) != 0;
			}
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			inside = !inside;
			*calls += inside && r.orig_rax == SYS_getppid;
			if (r.orig_rax == SYS_getpriority && r.rdi == 12345 && inside)
				r.orig_rax = (unsigned long)-1;
			else if (r.orig_rax == (unsigned long)-1 && !inside)
				r.rax = ANSWER;
			bad |= ptrace(PTRACE_SETREGS, pid, NULL, &r) != 0;
		}
	}
	return bad;
}

static int traced(void)
{
	long stops, calls;

	return trace(PTRACE_SYSCALL, &stops, &calls) || calls != 21;
}

static int stepped(void)
{
	long stops, calls;

	return trace(PTRACE_SINGLESTEP, &stops, &calls) || calls != 21 || stops < 300;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} what[] = {{"trap", trap},         {"refused", refused}, {"notified", notified},
	            {"dispatch", dispatch}, {"traced", traced},   {"stepped", stepped}};

	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned i = 0; i < sizeof what / sizeof *what; i++) {
		int bad;

		if (argc < 2 || strcmp(argv[1], what[i].name) != 0)
			continue;
		bad = what[i].run();
		printf("%s: %s\n", what[i].name, bad ? "wrong" : "right");
		return bad;
	}
	if (argc > 1 && !strcmp(argv[1], "waits")) {
		/* To be killed in a call. */
		pause();
		return 97;
	}
	return 98;
}
