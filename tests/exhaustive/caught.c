// SPDX-License-Identifier: BSD-2-Clause
/*
 * caught LIBRARY: makes calls of all kinds in a library that is not rewritten, and says of each whether it
 * was as without a layer. Prints a line a kind; the exit status is 1 if one is wrong.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static long (*raw)(long, ...);
static long (*raw_vfork)(void);
static long (*raw_thread)(long, void *, int *, void (*)(void *), void *);
static void (*raw_unmap)(void *, size_t);
static int (*raw_state)(void);
static long (*raw_int80)(void);

static int failed;

static void check(const char *what, int good)
{
	printf("%s: %s\n", good ? "ok" : "WRONG", what);
	fflush(stdout);
	failed |= !good;
}

#define RAW(n, ...) RAW6(n, __VA_ARGS__, 0L, 0L, 0L, 0L, 0L, 0L)
#define RAW6(n, a, b, c, d, e, f, ...)                                                                       \
	raw((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static int exit_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void plain(void)
{
	int fds[2];
	char text[4] = "";

	check("getpid", RAW(SYS_getpid, 0) == getpid());
	check("pipe, write, read", !RAW(SYS_pipe, fds) && RAW(SYS_write, fds[1], "abc", 3) == 3 &&
	                               RAW(SYS_read, fds[0], text, 3) == 3 && !memcmp(text, "abc", 3));
	check("an error", RAW(SYS_read, -1, text, 3) == -EBADF);
	check("numbers without a slot", RAW(600, 0) == -ENOSYS && RAW(-1L, 0) == -ENOSYS);
	check("registers, flags, red zone", !raw_state());
	/* Not where it guards already. */
	check("its own dispatch is refused",
	      prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0) == -1 && errno == EPERM);
}

static void children(void)
{
	pid_t pid = (pid_t)RAW(SYS_fork, 0);

	if (!pid)
		_exit(RAW(SYS_getppid, 0) == getppid() ? 3 : 1);
	check("fork", exit_of(pid) == 3);
	pid = (pid_t)RAW(SYS_clone, SIGCHLD);
	if (!pid)
		_exit(RAW(SYS_getppid, 0) == getppid() ? 4 : 1);
	check("clone as fork", exit_of(pid) == 4);
	pid = (pid_t)raw_vfork();
	if (!pid) {
		/* Within it another one, on the same stack. */
		pid_t other = (pid_t)raw_vfork();

		if (!other) {
			execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
			_exit(1);
		}
		_exit(exit_of(other) == 5 ? 6 : 1);
	}
	check("vfork in vfork, exec", exit_of(pid) == 6);
	pid = vfork();
	if (!pid) {
		RAW(SYS_kill, RAW(SYS_getpid, 0), SIGKILL);
		_exit(1);
	}
	check("a child of vfork that is killed", exit_of(pid) == 128 + SIGKILL);
}

static int shared;
static void *volatile unmapped;

static void body(void *argument)
{
	shared = RAW(SYS_getppid, 0) == getppid() ? *(int *)argument : -1;
}

static void gives_stack_away(void *argument)
{
	shared = *(int *)argument;
	raw_unmap(unmapped, 65536);
}

static void wait_for(int *tid)
{
	int now;

	/* There is a call of futex, although the thread may have come to its end. */
	RAW(SYS_futex, tid, FUTEX_WAKE, 1);
	while ((now = __atomic_load_n(tid, __ATOMIC_SEQ_CST)))
		RAW(SYS_futex, tid, FUTEX_WAIT, now);
}

static void run_thread(void (*f)(void *), void *argument, char *stack)
{
	long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
	             CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	static int tid;

	tid = 1;
	if (raw_thread(flags, stack + 65536, &tid, f, argument) < 0)
		shared = -1;
	else
		wait_for(&tid);
}

static void *usual_thread(void *argument)
{
	body(argument);
	return argument;
}

static void threads(void)
{
	char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int value = 7;
	pthread_t t;

	run_thread(body, &value, stack);
	check("a thread by clone", shared == 7);
	value = 8;
	unmapped = stack;
	run_thread(gives_stack_away, &value, stack);
	check("a thread that unmaps its stack",
	      shared == 8 && RAW(SYS_madvise, stack, 65536, MADV_NORMAL) == -ENOMEM);
	value = 9;
	pthread_create(&t, NULL, usual_thread, &value);
	pthread_join(t, NULL);
	check("a thread of the C library", shared == 9);
}

static volatile int hits, inner;
static sigjmp_buf back;

static void handler(int sig)
{
	hits += RAW(SYS_getpid, 0) == getpid() && sig == SIGUSR1;
}

static void nesting(int sig)
{
	(void)sig;
	RAW(SYS_kill, getpid(), SIGUSR1);
	inner = hits;
	RAW(SYS_getppid, 0);
}

static void jumping(int sig)
{
	(void)sig;
	RAW(SYS_getppid, 0);
	siglongjmp(back, 1);
}

static void with_context(int sig, siginfo_t *info, void *context)
{
	hits += sig == SIGUSR1 && info->si_pid == getpid() &&
	        !sigismember(&((ucontext_t *)context)->uc_sigmask, SIGUSR1);
}

static void *later(void *argument)
{
	usleep(100000);
	pthread_kill(*(pthread_t *)argument, SIGUSR1);
	return NULL;
}

/* One comes in a while, in this thread. */
static pthread_t soon(void)
{
	static pthread_t self;
	pthread_t t;

	self = pthread_self();
	pthread_create(&t, NULL, later, &self);
	return t;
}

static void signals(void)
{
	struct sigaction a = {.sa_handler = handler}, old;
	sigset_t all, none, but, now;
	char alternate[65536];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
	struct pollfd nothing;
	struct timespec long_time = {.tv_sec = 10};
	struct epoll_event event;
	int fds[2], e = epoll_create1(0);
	pthread_t t;
	char c;

	sigfillset(&all);
	sigemptyset(&none);
	sigfillset(&but);
	sigdelset(&but, SIGUSR1);
	a.sa_mask = all;
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR1, NULL, &old);
	check("an action is shown as it was given",
	      old.sa_handler == handler && sigismember(&old.sa_mask, SIGSYS) == 1);
	raise(SIGUSR1);
	check("a handler that blocks all signals", hits == 1);
	sigprocmask(SIG_SETMASK, &all, NULL);
	check("all signals are blocked", RAW(SYS_getpid, 0) == getpid());
	raise(SIGUSR1);
	sigsuspend(&but);
	check("sigsuspend", hits == 2);
	raise(SIGUSR1);
	check("ppoll", ppoll(&nothing, 0, &long_time, &but) == -1 && errno == EINTR && hits == 3);
	raise(SIGUSR1);
	check("pselect", pselect(0, NULL, NULL, NULL, &long_time, &but) == -1 && errno == EINTR && hits == 4);
	raise(SIGUSR1);
	check("epoll_pwait", epoll_pwait(e, &event, 1, 10000, &but) == -1 && errno == EINTR && hits == 5);
	sigprocmask(SIG_SETMASK, NULL, &now);
	check("the mask is as it was", sigismember(&now, SIGUSR1) && sigismember(&now, SIGTERM));
	RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	sigprocmask(SIG_SETMASK, NULL, &now);
	check("a mask that is set outside", !sigismember(&now, SIGUSR1));

	check("an alternate stack", !RAW(SYS_sigaltstack, &stack, NULL));
	a.sa_flags = SA_ONSTACK;
	sigemptyset(&a.sa_mask);
	sigaction(SIGUSR1, &a, NULL);
	a.sa_handler = nesting;
	sigaction(SIGUSR2, &a, NULL);
	raise(SIGUSR2);
	check("handlers within handlers", hits == 6 && inner == 6);
	a.sa_handler = jumping;
	sigaction(SIGUSR2, &a, NULL);
	for (volatile int i = 0; i < 20; i++)
		if (!sigsetjmp(back, 1))
			RAW(SYS_kill, getpid(), SIGUSR2);
	check("jumps out of handlers", RAW(SYS_getpid, 0) == getpid());
	a.sa_flags = SA_SIGINFO;
	a.sa_sigaction = with_context;
	RAW(SYS_rt_sigprocmask, SIG_UNBLOCK, &all, NULL, 8);
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGUSR1, NULL, &old);
	raise(SIGUSR1);
	check("a handler with three arguments", hits == 7 && old.sa_sigaction == with_context);

	a.sa_flags = 0;
	a.sa_handler = handler;
	sigaction(SIGUSR1, &a, NULL);
	RAW(SYS_pipe, fds);
	t = soon();
	check("an interrupted call", RAW(SYS_read, fds[0], &c, 1) == -EINTR);
	pthread_join(t, NULL);
	a.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &a, NULL);
	t = soon();
	if (!fork()) {
		usleep(300000);
		_exit(write(fds[1], "x", 1) != 1);
	}
	check("a restarted call", RAW(SYS_read, fds[0], &c, 1) == 1 && c == 'x' && hits == 9);
	pthread_join(t, NULL);
	wait(NULL);
}

static volatile int trapped;

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	trapped +=
	    sig == SIGSYS && info->si_code == 1 /* SYS_SECCOMP */ && info->si_syscall == SYS_getpriority;
	uc->uc_mcontext.gregs[REG_RAX] = 4711;
	RAW(SYS_getppid, 0);
}

/* A filter that makes SIGSYS for getpriority(2), and the program's own handler. */
static void filter(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = code};
	struct sigaction a = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO}, old;
	pid_t pid;

	sigaction(SIGSYS, &a, NULL);
	sigaction(SIGSYS, NULL, &old);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	check("a filter",
	      !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) && old.sa_sigaction == on_sigsys);
	check("its SIGSYS, of a usual call", syscall(SYS_getpriority, 0, 0) == 4711 && trapped == 1);
	check("and of one outside", RAW(SYS_getpriority, 0, 0) == 4711 && trapped == 2);
	pid = fork();
	if (!pid) {
		signal(SIGSYS, SIG_DFL);
		syscall(SYS_getpriority, 0, 0);
		_exit(0);
	}
	check("which kills by default", exit_of(pid) == 128 + SIGSYS);
}

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	struct timespec t;

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	*(void **)&raw = dlsym(library, "raw");
	*(void **)&raw_vfork = dlsym(library, "raw_vfork");
	*(void **)&raw_thread = dlsym(library, "raw_thread");
	*(void **)&raw_unmap = dlsym(library, "raw_unmap");
	*(void **)&raw_state = dlsym(library, "raw_state");
	*(void **)&raw_int80 = dlsym(library, "raw_int80");
	/* In a signal frame all is larger, and kernels may lack it. */
	if (argc > 2 && !strcmp(argv[2], "int80"))
		return raw_int80() != getppid();
	plain();
	children();
	threads();
	signals();
	check("the vDSO's own call", !clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) && t.tv_nsec);
	filter();
	return failed;
}
