// SPDX-License-Identifier: BSD-2-Clause
/* A program under a layer that kit.c or selected.c makes: kit-host IMAGE MODE [ARG...]. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kit.h"
#include "site.h"

#define N(a) ((long)(a))

static int failures;
static sigjmp_buf back;

static void expect(const char *what, long actual, long expected)
{
	if (actual == expected)
		return;
	printf("%s: %ld, not %ld\n", what, actual, expected);
	failures++;
}

static void handlers(char **argv)
{
	long result;

	(void)argv;
	expect("answer", site(KIT_ANSWER, 1L, 2L, 3L, 4L, 5L, 6L), 21);
	expect("another number", site(KIT_GETPPID), getppid());
	expect("after", site(KIT_AFTER), -EBADF + 110);
	expect("stack", site(KIT_STACK, 3L), 6);
	expect("made by the handler", site(KIT_MAKE, N(SYS_dup2), 1L, 77L), 77);
	close(77);
	expect("no such call", site(511), -ENOSYS);
	expect("asked and answered", ask(&result, SYS_vfork), 1);
	expect("the answer", result, -EAGAIN);
	expect("asked and not answered", ask(&result, SYS_clone), 0);
	expect("asked about read, and not answered", ask(&result, SYS_read), 0);
	expect("asked, and changed", ask(&result, KIT_GETPPID), 1);
	expect("what was made instead", result, getppid());
	expect("asked, with a look at the result", ask(&result, KIT_AFTER), 1);
	expect("the result", result, -EBADF + 110);
	failures += check_registers(KIT_ANSWER, SYSLAYER_SLOT_CALL);
	failures += check_registers(KIT_GETPPID, SYSLAYER_SLOT_CALL);
	failures += check_registers(SYS_clone, SYSLAYER_SLOT_ASK);
	failures += check_registers(SYS_read, SYSLAYER_SLOT_ASK);
	failures += check_registers(SYS_write, SYSLAYER_SLOT_ASK);
}

static void peeks(char **argv)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argv;
	munmap(page + 4096, 4096);
	memset(page, 'x', 4096);
	expect("bytes", site(KIT_PEEK, N(page)), 16);
	expect("bytes up to a hole", site(KIT_PEEK, N(page + 4090)), 6);
	expect("no bytes", site(KIT_PEEK, 1L), 0);
	expect("string that is too long", site(KIT_PEEK_STRING, N(page)), 16);
	expect("string into a hole", site(KIT_PEEK_STRING, N(page + 4090)), -EFAULT);
	expect("no string", site(KIT_PEEK_STRING, 0L), -EFAULT);
	page[4095] = 0;
	expect("string", site(KIT_PEEK_STRING, N(page + 4090)), 5);
}

static void on_signal(int sig)
{
	/* Nested in the handler that raised it. */
	expect("nested", site(KIT_STACK, N(sig)), 2 * sig);
}

static void leave(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static void nested(char **argv)
{
	(void)argv;
	signal(SIGUSR1, on_signal);
	expect("interrupted", site(KIT_SIGNAL, N(SIGUSR1), 5L), 5);
}

/* Pages: mappings that adjoin are one line of /proc/self/maps. */
static long mapped(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long n = 0;

	if (fscanf(f, "%ld", &n) != 1)
		exit(99);
	fclose(f);
	return n;
}

/* A handler that never returns gives its stack to who comes by the same place. */
static void jumps(char **argv)
{
	long before;

	(void)argv;
	signal(SIGUSR1, leave);
	for (int i = 0; i < 1000; i++) {
		if (i == 10)
			before = mapped();
		if (!sigsetjmp(back, 1))
			site(KIT_SIGNAL, N(SIGUSR1), 5L);
	}
	expect("pages", mapped(), before);
}

static void *waits(void *n)
{
	for (int i = 0; i < 5; i++)
		expect("in a thread", site(KIT_WAIT, N(n)), 2 * N(n));
	return NULL;
}

/* More of them at once than there are stacks in the section, on stacks of their own that are small. */
static void threads(char **argv)
{
	pthread_t t[40];
	pthread_attr_t small;

	(void)argv;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	for (long i = 0; i < 40; i++)
		pthread_create(&t[i], &small, waits, (void *)i);
	for (int i = 0; i < 40; i++)
		pthread_join(t[i], NULL);
}

static void forks(char **argv)
{
	int status, pid;

	(void)argv;
	fflush(stdout);
	pid = (int)site(SYS_fork);
	if (!pid) {
		expect("in a child", site(KIT_STACK, 3L), 6);
		fflush(stdout);
		site(SYS_exit_group, N(failures));
	}
	waitpid(pid, &status, 0);
	expect("status", status, 0);
	expect("in the parent", site(KIT_STACK, 3L), 6);
}

/* The result is the status: nothing here may be known by thread. */
static int one_call(void *nothing)
{
	(void)nothing;
	return site(KIT_STACK, 3L) == 6 ? 0 : 1;
}

static void bare(char **argv)
{
	static char stack[65536];
	int status = -1,
	    pid = clone(one_call, stack + sizeof stack, CLONE_VM | CLONE_SETTLS | SIGCHLD, NULL, NULL, 0L);

	(void)argv;
	waitpid(pid, &status, 0);
	expect("without thread-local storage", status, 0);
	pid = vfork();
	if (!pid)
		_exit(one_call(NULL));
	waitpid(pid, &status, 0);
	expect("in a child of vfork", status, 0);
}

static void crash(char **argv)
{
	if (argv[0])
		signal(SIGSEGV, leave);
	if (!sigsetjmp(back, 1))
		site(KIT_CRASH, 16L);
}

/* As the kernel has it. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

/* Through the layer; who asks is shown what was given. */
static void give(int sig, const struct sigaction *a)
{
	struct action given = {0}, old = {0};

	sigaction(sig, a, NULL);
	syscall(SYS_rt_sigaction, sig, NULL, &given, 8L);
	expect("given", site(SYS_rt_sigaction, N(sig), N(&given), 0L, 8L), 0);
	expect("shown", site(SYS_rt_sigaction, N(sig), 0L, N(&old), 8L), 0);
	expect("what was given", memcmp(&given, &old, sizeof given), 0);
}

static void faulted(int sig, siginfo_t *info, void *context)
{
	(void)context;
	printf("info: %d %d %p\n", sig, info->si_code, info->si_addr);
	siglongjmp(back, 1);
}

static void faulted_plain(int sig)
{
	printf("plain: %d\n", sig);
	siglongjmp(back, 1);
}

static void faulted_otherwise(int sig)
{
	(void)sig;
	puts("the handler of a child");
	siglongjmp(back, 1);
}

static void fault(const char *who)
{
	if (!strcmp(who, "layer"))
		site(KIT_CRASH, 16L);
	else if (!strcmp(who, "call"))
		site(KIT_CRASH_CALL, 0L);
	else if (!strcmp(who, "sent"))
		site(KIT_SIGNAL, N(SIGSEGV), 0L);
	else
		*(volatile char *)16 = 1;
}

/* A child that shares memory has actions of its own, also if its parent is the first to make one since its
 * fork. */
static void others_action(void)
{
	const struct sigaction other = {.sa_handler = faulted_otherwise};
	struct action k;
	long result;
	int status, pid;

	expect("asked", ask(&result, SYS_clone, N(CLONE_VM | CLONE_VFORK), 0L), 0);
	pid = vfork();
	if (!pid) {
		sigaction(SIGSEGV, &other, NULL);
		syscall(SYS_rt_sigaction, SIGSEGV, NULL, &k, 8L);
		_exit((int)site(SYS_rt_sigaction, N(SIGSEGV), N(&k), 0L, 8L));
	}
	waitpid(pid, &status, 0);
	expect("in a child", status, 0);
}

/* WHO: with a handler of the program's own. */
static void handled(char **argv)
{
	const struct sigaction info = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO},
	                       plain = {.sa_handler = faulted_plain};
	int status;

	give(SIGSEGV, &info);
	if (!sigsetjmp(back, 1))
		fault(*argv);
	give(SIGSEGV, &plain);
	fflush(stdout);
	if (!site(SYS_fork)) {
		others_action();
		if (!sigsetjmp(back, 1))
			fault(*argv);
		fflush(stdout);
		_exit(failures);
	}
	wait(&status);
	expect("of the child", status, 0);
}

/* A handler that is called once: the next crash finds none. */
static void handled_once(char **argv)
{
	const struct sigaction info = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO | SA_RESETHAND};
	struct action k;

	(void)argv;
	give(SIGSEGV, &info);
	if (!sigsetjmp(back, 1))
		fault("own");
	fflush(stdout);
	expect("shown", site(SYS_rt_sigaction, N(SIGSEGV), 0L, N(&k), 8L), 0);
	expect("what is left", k.handler == 0, 1);
	expect("its flags", (k.flags & (SA_SIGINFO | SA_RESETHAND)) == (SA_SIGINFO | SA_RESETHAND), 1);
	fault("layer");
}

static int steps;

static void step(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	steps += info->si_code == TRAP_TRACE;
}

/* A program that steps through itself. */
static void stepped(char **argv)
{
	struct sigaction a = {.sa_sigaction = step, .sa_flags = SA_SIGINFO};

	(void)argv;
	give(SIGTRAP, &a);
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq" : : : "cc", "memory");
	site(KIT_ANSWER, 1L);
	__asm__ volatile("pushfq; andl $~0x100, (%%rsp); popfq" : : : "cc", "memory");
	expect("steps", steps > 50, 1);
}

static void own_crash(char **argv)
{
	(void)argv;
	*(volatile char *)16 = 1;
}

static void selected(char **argv)
{
	long result;
	int answered = ask(&result, SYS_vfork);

	(void)argv;
	printf("%ld %d %d %d\n", site(SYS_read, -1L, 0L, 0L), ask(&result, SYS_read),
	       site(SYS_getppid) == 1000 + SYS_getppid, answered);
	failures += check_registers(SYS_read, SYSLAYER_SLOT_CALL);
	failures += check_registers(SYS_getppid, SYSLAYER_SLOT_CALL);
	failures += check_registers(SYS_clone, SYSLAYER_SLOT_ASK);
}

static void execs(char **argv)
{
	site(SYS_execve, N("/bin/true"), N(argv), N(environ));
}

static void ends(char **argv)
{
	if (!strcmp(argv[0], "exec"))
		execs(argv);
	if (!strcmp(argv[0], "signal"))
		site(SYS_kill, N(getpid()), N(SIGTERM));
	site(SYS_exit_group, 7L);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(char **);
	} modes[] = {
	    {"handlers", handlers},   {"peeks", peeks},
	    {"nested", nested},       {"jumps", jumps},
	    {"threads", threads},     {"forks", forks},
	    {"bare", bare},           {"crash", crash},
	    {"own-crash", own_crash}, {"selected", selected},
	    {"ends", ends},           {"handled", handled},
	    {"stepped", stepped},     {"handled-once", handled_once},
	};

	if (argc < 3)
		return 2;
	map_image(argv[1], argv, 1, 0);
	for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strcmp(argv[2], modes[i].name))
			modes[i].run(argv + 3);
	return failures != 0;
}
