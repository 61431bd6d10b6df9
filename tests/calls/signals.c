// SPDX-License-Identifier: BSD-2-Clause
/* signals WHAT: handlers that interrupt calls which block, and calls which do not, 5,000 times a second. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled, nested, deepest, off_stack, jumping;
/* What a child sees of handled. */
static volatile int *shown;
static sigjmp_buf back;
static char *alternate;
static const size_t alternate_size = 1 << 16;

static void handler(int number)
{
	(void)number;
	handled++;
	if (shown)
		*shown = handled;
	getppid();
}

static void deep_handler(int number)
{
	char here;

	if (++nested > deepest)
		deepest = nested;
	handled++;
	getppid();
	/* The other one may come in here. */
	if (number == SIGALRM)
		raise(SIGUSR1);
	if (alternate && (&here < alternate || &here >= alternate + alternate_size))
		off_stack++;
	nested--;
}

static void jump(int number)
{
	(void)number;
	handled++;
	if (jumping) {
		jumping = 0;
		siglongjmp(back, 1);
	}
}

static void on(int number, void (*call)(int), int flags)
{
	struct sigaction a = {.sa_handler = call, .sa_flags = flags};

	sigaction(number, &a, NULL);
}

static void every(long microseconds)
{
	struct itimerval t = {{0, microseconds}, {0, microseconds}};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void block(int number)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, number);
	sigprocmask(SIG_BLOCK, &s, NULL);
}

/* Has variables, and makes calls in which others like it come. */
static void careful_handler(int number)
{
	volatile unsigned char mine[256];
	unsigned char tag = (unsigned char)++nested;

	(void)number;
	if (nested > deepest)
		deepest = nested;
	for (unsigned i = 0; i < sizeof mine; i++)
		mine[i] = (unsigned char)(tag + i);
	for (int i = 0; nested < 4 && (i < 50 || deepest < 2); i++)
		getppid();
	/* There is no end to them else, and each has up to 11 KiB of registers. */
	if (nested >= 4)
		block(SIGALRM);
	for (unsigned i = 0; i < sizeof mine; i++)
		if (mine[i] != (unsigned char)(tag + i))
			off_stack++;
	handled++;
	nested--;
}

/* Calls that do not block, with their arguments and results checked, under fire. */
static int nonblocking(void)
{
	pid_t parent = getppid();
	char text[64], copy[64];
	int ends[2], bad = pipe(ends);

	on(SIGALRM, deep_handler, SA_RESTART | SA_NODEFER);
	on(SIGUSR1, deep_handler, 0);
	every(200);
	for (int i = 0; handled < 2000; i++) {
		snprintf(text, sizeof text, "%d", i);
		bad |= getppid() != parent || syscall(SYS_getppid) != parent;
		bad |= write(ends[1], text, sizeof text) != sizeof text;
		bad |= read(ends[0], copy, sizeof copy) != sizeof copy || strcmp(text, copy) != 0;
		bad |= close(-1) != -1 || errno != EBADF;
	}
	every(0);
	return bad || deepest < 2;
}

static int with_stack(void)
{
	stack_t s = {.ss_size = alternate_size};
	int bad;

	alternate = s.ss_sp =
	    mmap(NULL, alternate_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&s, NULL);
	on(SIGALRM, deep_handler, SA_ONSTACK | SA_RESTART);
	on(SIGUSR1, deep_handler, SA_ONSTACK);
	every(200);
	bad = 0;
	while (handled < 2000)
		bad |= getppid() < 0;
	every(0);
	return bad || off_stack;
}

/* A handler's variables are not lost to another that comes while it makes a call. */
static int nested_on_stack(void)
{
	stack_t s = {.ss_size = 4 * alternate_size};

	s.ss_sp = mmap(NULL, s.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&s, NULL);
	on(SIGALRM, careful_handler, SA_ONSTACK | SA_RESTART | SA_NODEFER);
	every(150);
	while (handled < 1000)
		getppid();
	every(0);
	return off_stack || deepest < 2;
}

static void until_shown(int count)
{
	do
		usleep(100000);
	while (*shown < count);
}

/* A child writes what read waits for, after many signals. It ends after as many again, or with its parent. */
static pid_t late_writer(int to, int from)
{
	pid_t pid = fork();
	int bad;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(from);
		until_shown(50);
		bad = write(to, "late", 4) != 4;
		until_shown(*shown + 50);
		_exit(bad);
	}
	return pid;
}

static int restart(void)
{
	char text[8] = "";
	int ends[2], status, bad = pipe(ends);
	pid_t pid;

	shown = mmap(NULL, sizeof *shown, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shown == MAP_FAILED)
		return 1;
	pid = late_writer(ends[1], ends[0]);
	on(SIGALRM, handler, SA_RESTART);
	every(200);
	bad |= read(ends[0], text, 4) != 4 || strcmp(text, "late") != 0;
	bad |= waitpid(pid, &status, 0) != pid;
	every(0);
	return bad || status;
}

static int interrupted(void)
{
	struct timespec t = {10, 0};
	char c;
	int ends[2], bad = pipe(ends);

	on(SIGALRM, handler, 0);
	every(200);
	for (int i = 0; i < 500; i++) {
		bad |= read(ends[0], &c, 1) != -1 || errno != EINTR;
		bad |= syscall(SYS_read, ends[0], &c, 1) != -1 || errno != EINTR;
		bad |= nanosleep(&t, NULL) != -1 || errno != EINTR;
		bad |= pause() != -1 || errno != EINTR;
	}
	every(0);
	return bad;
}

/* Out of a call that blocks, again and again: nothing may be left on the stack. */
static int leave(void)
{
	volatile int rounds = 0;
	volatile char *volatile lowest = NULL;
	char c;
	int ends[2];
	volatile int bad = pipe(ends);

	on(SIGALRM, jump, 0);
	every(50);
	while (rounds < 10000) {
		volatile char here;

		if (!lowest)
			lowest = &here;
		if (lowest != &here)
			bad = 1;
		if (!sigsetjmp(back, 1)) {
			jumping = 1;
			if (read(ends[0], &c, 1) >= 0)
				_exit(9);
			/* Handled before it was ready. */
			jumping = 0;
		}
		rounds++;
	}
	every(0);
	return bad || handled < 9000;
}

static int stopped(void)
{
	char text[8] = "";
	int ends[2], status, bad = pipe(ends);
	pid_t pid = fork();

	if (!pid) {
		struct timespec t = {0, 100000000};

		/* Stopped and continued, both begin again by themselves; the first by restart_syscall(2). */
		bad = nanosleep(&t, NULL) != 0;
		_exit(bad || read(ends[0], text, 4) != 4);
	}
	for (int i = 0; i < 50; i++) {
		kill(pid, SIGSTOP);
		usleep(1000);
		kill(pid, SIGCONT);
		usleep(2000);
	}
	bad |= write(ends[1], "text", 4) != 4;
	waitpid(pid, &status, 0);
	return bad || status;
}

/* A handler's way back whose number is told by nothing that stands near the call. */
void own_restorer(void);
__asm__(".data\nrestorer_number:\t.long 15\n\t.text\n\t.type own_restorer, @function\nown_restorer:\n\t"
        "mov restorer_number(%rip), %eax\n\tsyscall\n\thlt\n\t.size own_restorer, . - own_restorer");

static int restorer(void)
{
	/* As the kernel has it; the C library's differs. */
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		unsigned long mask;
	} a = {handler, 0x04000000 | SA_RESTART, own_restorer, 0};
	pid_t parent = getppid();
	int bad = syscall(SYS_rt_sigaction, SIGALRM, &a, NULL, sizeof a.mask) != 0;

	every(200);
	while (handled < 1000)
		bad |= getppid() != parent;
	every(0);
	return bad;
}

static void *target(void *argument)
{
	char c;

	while (read(*(int *)argument, &c, 1) < 0 && errno == EINTR)
		;
	return NULL;
}

/* Signals that are sent to threads that block. */
static int at_threads(void)
{
	pthread_t t[4];
	int ends[2], bad = pipe(ends);

	on(SIGUSR1, deep_handler, 0);
	for (int i = 0; i < 4; i++)
		bad |= pthread_create(&t[i], NULL, target, &ends[0]);
	for (int i = 0; i < 4000; i++)
		bad |= pthread_kill(t[i % 4], SIGUSR1);
	bad |= write(ends[1], "four", 4) != 4;
	for (int i = 0; i < 4; i++)
		bad |= pthread_join(t[i], NULL);
	return bad || !handled;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} what[] = {
	    {"nonblocking", nonblocking}, {"stack", with_stack},        {"nested-on-stack", nested_on_stack},
	    {"restart", restart},         {"interrupted", interrupted}, {"leave", leave},
	    {"stopped", stopped},         {"threads", at_threads},      {"restorer", restorer}};

	setvbuf(stdout, NULL, _IONBF, 0);
	for (unsigned i = 0; i < sizeof what / sizeof *what; i++) {
		int bad;

		if (argc < 2 || strcmp(argv[1], what[i].name) != 0)
			continue;
		bad = what[i].run();
		printf("%s: %s\n", what[i].name, bad ? "wrong" : "right");
		return bad;
	}
	return 98;
}
