// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program with a layer under it: host [-n] [-s] [-o] IMAGE MODE [ARG...]. -n: the start hook is
 * not called, -s: as with AT_SECURE, -o: as on an old kernel. It exits with 0, or with 1 after it has said
 * what is wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "site.h"

#define N(a) ((long)(a))

/* As the kernel has it. */
struct action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static int failures;

static void expect(const char *what, long actual, long expected)
{
	if (actual == expected)
		return;
	printf("%s: %ld (%#lx), not %ld (%#lx)\n", what, actual, (unsigned long)actual, expected,
	       (unsigned long)expected);
	failures++;
}

static _Noreturn void leave(int status)
{
	fflush(stdout);
	site(SYS_exit_group, N(status));
	__builtin_trap();
}

static void registers(char **argv)
{
	/* Ones that have nothing but descriptors, pids and addresses: each fails in the kernel or has no
	 * effect. */
	static const int calls[] = {SYS_read,   SYS_write, SYS_close, SYS_lseek,
	                            SYS_getpid, SYS_fsync, 511,       500};
	static const int asked[] = {SYS_getpid, SYS_munmap, SYS_clone, SYS_vfork, SYS_clone3, SYS_fork, 511};

	(void)argv;
	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
		failures += check_registers(calls[i], SYSLAYER_SLOT_CALL);
	for (unsigned i = 0; i < sizeof asked / sizeof *asked; i++)
		failures += check_registers(asked[i], SYSLAYER_SLOT_ASK);
}

/* Numbers that end or stop a process, its stack, or what the test stands on. */
static int is_unsafe(int number)
{
	switch (number) {
	case SYS_rt_sigreturn:
	case SYS_pause:
	case SYS_clone:
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone3:
	case SYS_exit:
	case SYS_exit_group:
	case SYS_rt_sigsuspend:
	case SYS_vhangup:
	case SYS_sync:
	case SYS_munlockall:
	case SYS_setsid:
	case SYS_umask:
	case SYS_inotify_init:
	case SYS_eventfd: /* a new descriptor each time */
	case SYS_msgget:  /* a new queue, the first time, that stays */
	case SYS_sched_yield:
	case SYS_times:
	case SYS_close_range:
	case SYS_restart_syscall:
	case SYS_brk:
	case SYS_alarm:
	case SYS_personality:
	case SYS_kill:
	case SYS_tkill:
	case 335: /* uretprobe: SIGILL, from Linux 6.11 on */
	case 336: /* uprobe */
		return 1;
	}
	return 0;
}

/* Arguments that nothing can be done with. */
static void results(char **argv)
{
	const long a = -1;

	(void)argv;
	for (int n = 0; n < SYSLAYER_SLOT_COUNT; n++) {
		char what[32];

		if (is_unsafe(n))
			continue;
		snprintf(what, sizeof what, "call %d", n);
		expect(what, site(n, a, a, a, a, a, a), raw(n, a, a, a, a, a, a));
	}
}

/* lseek(2) on /proc/self/mem gives any number, and none of these two is an error. */
static void not_an_error(char **argv)
{
	int fd = open("/proc/self/mem", O_RDONLY);

	(void)argv;
	expect("lseek to -4096", site(SYS_lseek, N(fd), -4096L, N(SEEK_SET)), -4096);
	expect("lseek to -2^32", site(SYS_lseek, N(fd), -(1L << 32), N(SEEK_SET)), -(1L << 32));
	expect("lseek of nothing", site(SYS_lseek, -1L, 0L, 0L), -EBADF);
}

static void *hammer(void *count)
{
	for (long i = 0; i < *(long *)count; i++) {
		site(SYS_getppid);
		site(SYS_close, -1L);
		site(SYS_read, -1L, 0L, 0L);
	}
	return NULL;
}

static void threads(char **argv)
{
	pthread_t t[16];
	int n = atoi(argv[0]);
	long count = atol(argv[1]);

	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, hammer, &count);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

static void some(char **argv)
{
	(void)argv;
	for (int i = 0; i < 3; i++)
		site(SYS_getppid);
	site(SYS_close, -1L);
	site(SYS_close, -1L);
	site(511);
}

static void forks(char **argv)
{
	int status, pid, how = argv[0] ? *argv[0] : 'c';

	for (int i = 0; i < 5; i++)
		site(SYS_getppid);
	fflush(stdout);
	pid = how == 'f' ? (int)site(SYS_fork) : site_fork();
	if (!pid) {
		site(SYS_getuid);
		leave(0);
	}
	waitpid(pid, &status, 0);
	expect("status of the child", status, 0);
	printf("parent %d child %d\n", getpid(), pid);
}

/* A child that shares memory must not print: neither at exec, nor at its exit. */
static void vforks(char **argv)
{
	char *args[] = {(char *)"true", NULL};
	int status, pid;

	for (int i = 0; i < 3; i++) {
		pid = site_vfork();
		if (!pid) {
			site(SYS_getuid);
			if (i == 2)
				site(SYS_kill, site(SYS_getpid), N(SIGTERM));
			if (i == 1)
				site(SYS_execve, N("/bin/true"), N(args), N(environ));
			site(SYS_exit_group, 7L);
		}
		waitpid(pid, &status, 0);
		expect("status of the child", status, i == 2 ? SIGTERM : i == 1 ? 0 : 7 << 8);
	}
	/* Its child is of a process that fork made, whose table belongs to nobody yet. */
	if (argv[0] && !(pid = site_fork())) {
		pid = site_vfork();
		if (!pid)
			site(SYS_exit_group, 8L);
		waitpid(pid, &status, 0);
		leave(WEXITSTATUS(status));
	}
	if (argv[0]) {
		waitpid(pid, &status, 0);
		expect("status of the grandchild", status, 8 << 8);
	}
}

static void execs(char **argv)
{
	site(SYS_getppid);
	printf("%ld\n", site(SYS_execve, N(argv[0]), N(argv), N(environ)));
	printf("%ld\n", site(SYS_execveat, N(AT_FDCWD), N(argv[0]), N(argv), N(environ), 0L));
	printf("%ld\n", site(SYS_execve, -1L, N(argv), N(environ)));
}

static void fexecs(char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	printf("%ld\n", site(SYS_execveat, N(fd), N(""), N(argv), N(environ), N(AT_EMPTY_PATH)));
}

static void *leaves(void *status)
{
	site(SYS_getppid);
	leave((int)N(status));
}

static _Noreturn void *pauses(void *arg)
{
	(void)arg;
	for (;;)
		pause();
}

static void exit_in_thread(char **argv)
{
	pthread_t t;

	(void)argv;
	for (int i = 0; i < 4; i++)
		pthread_create(&t, NULL, pauses, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&t, NULL, leaves, (void *)5);
	pauses(NULL);
}

/* As if another thread came while the first is on its way to the exit. */
static void twice(char **argv)
{
	long result;

	(void)argv;
	expect("answered", ask(&result, SYS_exit_group, 5L), 0);
	site(SYS_getppid);
}

/* How a thread ends that no C library looks after: exit(2) alone. */
static int lone_thread(void *arg)
{
	usleep((unsigned)N(arg));
	site(SYS_getuid);
	site(SYS_exit, 0L);
	return 0;
}

/* No TLS of their own: usleep does not write errno when it succeeds. */
static void lone_exits(char **argv)
{
	int n = atoi(argv[0]), leader_first = *argv[1] == 'l', spread = atoi(argv[2]);
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	long result;

	for (int i = 0; i < n; i++) {
		char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		ask(&result, SYS_clone, N(flags), 0L, 0L, 0L, 0L, 0L);
		clone(lone_thread, stack + 65536, flags, (void *)N(spread ? i * spread : 0));
	}
	fflush(stdout);
	if (!leader_first)
		usleep(100000 + (unsigned)(n * spread));
	site(SYS_exit, 6L);
}

static void kills(char **argv)
{
	struct action dfl = {0};

	/* Who started this may ignore some. */
	site(SYS_rt_sigaction, N(atoi(argv[0])), N(&dfl), 0L, 8L);
	site(SYS_kill, N(getpid()), N(atoi(argv[0])));
	sleep(10);
	leave(97);
}

/* Blocked everywhere but in sigsuspend(2), which gives back a mask that blocks it. */
static void suspends(char **argv)
{
	sigset_t none, one;

	(void)argv;
	sigemptyset(&none);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	sigprocmask(SIG_BLOCK, &one, NULL);
	raise(SIGUSR1);
	sigsuspend(&none);
	printf("still here\n");
}

static void faults(char **argv)
{
	static volatile int zero;
	char *p;

	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	switch (*argv[0]) {
	case 's':
		*(volatile char *)(unsigned long)zero = 1;
		break;
	case 'g': /* no address: a general protection fault */
		__asm__ volatile("mov %0, %%rax\n\tmov (%%rax), %%al" : : "r"(0x8000000000000000UL) : "rax");
		break;
	case 'i':
		__asm__ volatile("ud2");
		break;
	case 't':
		__asm__ volatile("int3");
		break;
	case 'f':
		__asm__ volatile("xor %%ecx, %%ecx\n\tdiv %%ecx" : : : "rax", "rcx", "rdx");
		break;
	case 'b':
		p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, memfd_create("empty", 0), 0);
		zero = *(volatile char *)p;
		break;
	case 'a':
		abort();
	}
	printf("still here\n");
}

static void handler(int sig)
{
	(void)sig;
	failures++;
}

static void same_action(const char *what, const struct action *a, const struct action *b)
{
	char line[64];

	snprintf(line, sizeof line, "%s: handler", what);
	expect(line, N(a->handler), N(b->handler));
	snprintf(line, sizeof line, "%s: flags", what);
	expect(line, (long)a->flags, (long)b->flags);
	snprintf(line, sizeof line, "%s: restorer", what);
	expect(line, N(a->restorer), N(b->restorer));
	snprintf(line, sizeof line, "%s: mask", what);
	expect(line, (long)a->mask, (long)b->mask);
}

static void sigactions(char **argv)
{
	static const unsigned long flags[] = {0,
	                                      SA_SIGINFO,
	                                      SA_ONSTACK,
	                                      0x04000000,
	                                      SA_RESTART,
	                                      SA_SIGINFO | SA_RESTART | 0x04000000 | SA_ONSTACK,
	                                      SA_RESETHAND,
	                                      SA_NODEFER};
	struct action zero = {0}, now, old;

	(void)argv;
	for (int sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		expect("read", site(SYS_rt_sigaction, N(sig), 0L, N(&now), 8L), 0);
		same_action("at the start", &now, &zero);
		old = now;
		for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
			/* The last is a handler: what was there before it is then read back. */
			void *const how[] = {SIG_DFL, SIG_IGN, SIG_DFL, (void *)handler, SIG_DFL};

			for (unsigned k = 0; k < sizeof how / sizeof *how; k++) {
				struct action next = {how[k], flags[i], (void *)0x1234, i * 3 << 10};

				expect("write", site(SYS_rt_sigaction, N(sig), N(&next), N(&now), 8L), 0);
				same_action("what was there", &now, &old);
				expect("read", site(SYS_rt_sigaction, N(sig), 0L, N(&now), 8L), 0);
				same_action("what is there", &now, &next);
				old = next;
			}
		}
		expect("reset", site(SYS_rt_sigaction, N(sig), N(&zero), N(&now), 8L), 0);
	}
	expect("bad number", site(SYS_rt_sigaction, 65L, N(&zero), 0L, 8L), -EINVAL);
	expect("SIGKILL", site(SYS_rt_sigaction, N(SIGKILL), N(&zero), 0L, 8L), -EINVAL);
	expect("bad address", site(SYS_rt_sigaction, N(SIGTERM), 8L, 0L, 8L), -EFAULT);
	expect("bad old address", site(SYS_rt_sigaction, N(SIGTERM), 0L, 8L, 8L), -EFAULT);
	expect("bad size", site(SYS_rt_sigaction, N(SIGTERM), N(&zero), 0L, 4L), -EINVAL);
	zero.handler = (void *)SIG_IGN;
	site(SYS_rt_sigaction, N(SIGTERM), N(&zero), 0L, 8L);
	raise(SIGTERM);
}

static volatile int handled;

static void once(int sig)
{
	handled += sig;
}

/* A handler that is called once: the next one kills. */
static void kills_again(char **argv)
{
	static const int flags[] = {SA_RESETHAND, SA_RESETHAND | SA_SIGINFO,
	                            SA_RESETHAND | SA_NODEFER | SA_RESTART};
	int sig = atoi(argv[0]);

	for (unsigned i = 0; i < 3; i++) {
		const struct sigaction a = {.sa_handler = once, .sa_flags = flags[i]};
		struct action k, given, left;

		sigaction(sig, &a, NULL);
		syscall(SYS_rt_sigaction, sig, NULL, &given, 8L);
		expect("set", site(SYS_rt_sigaction, N(sig), N(&given), 0L, 8L), 0);
		site(SYS_rt_sigaction, N(sig), 0L, N(&k), 8L);
		same_action("what was given", &k, &given);
		handled = 0;
		site(SYS_kill, N(getpid()), N(sig));
		expect("handled", handled, sig);
		site(SYS_rt_sigaction, N(sig), 0L, N(&left), 8L);
		given.handler = (void *)SIG_DFL;
		same_action("what is left", &left, &given);
	}
	if (failures)
		leave(98);
	site(SYS_kill, N(getpid()), N(sig));
	sleep(10);
	leave(97);
}

static void nothing(int sig)
{
	(void)sig;
}

/* The kernel has the instruction run again: after a handler, or, as restart_syscall(2), after a stop. */
static void restarts(char **argv)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 50000}};
	struct timespec nap = {.tv_nsec = 300000000};
	struct sigaction again = {.sa_handler = nothing, .sa_flags = SA_RESTART};
	struct sigaction once = {.sa_handler = nothing};
	struct iovec v;
	char c[2];
	int p[2], pid;

	(void)argv;
	v.iov_base = c;
	v.iov_len = 1;
	if (pipe(p))
		abort();
	sigaction(SIGALRM, &again, NULL);
	for (int i = 0; i < 2; i++) {
		pid = fork();
		if (!pid) {
			usleep(150000);
			_exit(write(p[1], "x", 1) != 1);
		}
		setitimer(ITIMER_REAL, &soon, NULL);
		if (i)
			expect("readv", site(SYS_readv, N(p[0]), N(&v), 1L), 1);
		else
			expect("read", site(SYS_read, N(p[0]), N(c), 1L), 1);
		waitpid(pid, NULL, 0);
	}
	sigaction(SIGALRM, &once, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	expect("read that is not restarted", site(SYS_read, N(p[0]), N(c), 1L), -EINTR);
	pid = fork();
	if (!pid) {
		usleep(50000);
		kill(getppid(), SIGSTOP);
		usleep(50000);
		_exit(kill(getppid(), SIGCONT));
	}
	expect("nanosleep", site(SYS_nanosleep, N(&nap), N(&nap)), 0);
	waitpid(pid, NULL, 0);
}

/* No execveat(2) with AT_EXECVE_CHECK (Linux 6.14), no faccessat2(2) (Linux 5.8). */
static void be_old(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 439, 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 2),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10000, 2, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
	};
	const struct sock_fprog program = {sizeof code / sizeof *code, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("seccomp");
		_exit(99);
	}
	expect("faccessat2", raw(439L, N(AT_FDCWD), N("/"), 0L, 0L), -ENOSYS);
	expect("the check", raw(SYS_execveat, N(AT_FDCWD), N("/"), 0L, 0L, 0x10000L), -EINVAL);
}

static const struct mode {
	const char *name;
	void (*run)(char **argv);
} modes[] = {
    {"registers", registers},
    {"results", results},
    {"not-an-error", not_an_error},
    {"threads", threads},
    {"some", some},
    {"fork", forks},
    {"vfork", vforks},
    {"exec", execs},
    {"fexec", fexecs},
    {"exit-in-thread", exit_in_thread},
    {"twice", twice},
    {"lone-exits", lone_exits},
    {"kill", kills},
    {"kill-again", kills_again},
    {"suspend", suspends},
    {"fault", faults},
    {"sigaction", sigactions},
    {"restart", restarts},
};

int main(int argc, char **argv)
{
	int init = 1, secure = 0, at = 1;

	for (; at < argc && *argv[at] == '-'; at++) {
		init &= argv[at][1] != 'n';
		secure |= argv[at][1] == 's';
		if (argv[at][1] == 'o')
			be_old();
	}
	if (at + 1 >= argc)
		return 98;
	/* comm is taken when the layer starts. */
	if (getenv("HOST_COMM"))
		prctl(PR_SET_NAME, getenv("HOST_COMM"));
	map_image(argv[at], argv, init, secure);
	for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(modes[i].name, argv[at + 1]))
			continue;
		modes[i].run(argv + at + 2);
		leave(failures ? 1 : 0);
	}
	leave(98);
}
