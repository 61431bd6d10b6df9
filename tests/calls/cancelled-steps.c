// SPDX-License-Identifier: BSD-2-Clause
/*
 * cancelled-steps WHAT [STRIDE]: a thread that is cancelled after each number of steps, of single
 * instructions, through a call, a caught call, or the way to a signal handler. WHAT is call, error, raw,
 * nothing (a number without a slot), int80, signal, fault.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shared {
	atomic_int ready, go, cancel, sent, done, cleaned;
	atomic_int tid;
} * s;
static const char *what;
static long (*raw)(void);
static sigjmp_buf back;

static void clean(void *unused)
{
	(void)unused;
	s->cleaned++;
}

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	if (sig == SIGSEGV)
		siglongjmp(back, 1);
}

static void act(void)
{
	char c = 0;

	if (!strcmp(what, "call"))
		getppid();
	else if (!strcmp(what, "error"))
		(void)!write(-1, &c, 1);
	else if (!strcmp(what, "signal"))
		syscall(SYS_tgkill, getpid(), s->tid, SIGUSR1);
	else if (strcmp(what, "fault") != 0)
		raw();
	else if (!sigsetjmp(back, 1))
		*(volatile char *)16 = c;
}

static void *thread(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	s->tid = (int)syscall(SYS_gettid);
	s->ready = 1;
	while (!s->go)
		;
	act();
	s->done = 1;
	for (;;)
		;
	pthread_cleanup_pop(0);
	return NULL;
}

/* mov $NUMBER,%eax; syscall, or int $0x80; ret: code that nobody rewrites. */
static void make_raw(void)
{
	unsigned char code[] = {0xb8, SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0xc3};
	void *p = mmap(NULL, sizeof code, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!strcmp(what, "nothing"))
		code[2] = 0x70;
	if (!strcmp(what, "int80"))
		code[1] = 20, code[5] = 0xcd, code[6] = 0x80; /* getpid */
	memcpy(p, code, sizeof code);
	mprotect(p, sizeof code, PROT_READ | PROT_EXEC);
	raw = (long (*)(void))p;
	/* What the layer looks up about it is known then. */
	raw();
}

static int run(void)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	void *result = NULL;
	pthread_t t;

	alarm(10);
	sigaction(SIGUSR1, &a, NULL);
	sigaction(SIGSEGV, &a, NULL);
	if (pthread_create(&t, NULL, thread, NULL))
		return 2;
	while (!s->cancel)
		sched_yield();
	pthread_cancel(t);
	s->sent = 1;
	pthread_join(t, &result);
	return result != PTHREAD_CANCELED || s->cleaned != 1;
}

/* One instruction, or a signal that comes before it. Returns the signal that the thread is to get next. */
static int step(int tid, int sig)
{
	struct user_regs_struct r;
	int status, pushes;

	ptrace(PTRACE_GETREGS, tid, NULL, &r);
	/* A pushf has the flag of the steps, too, and popf would set it. */
	pushes = !sig && (ptrace(PTRACE_PEEKTEXT, tid, r.rip, NULL) & 0xff) == 0x9c;
	ptrace(PTRACE_SINGLESTEP, tid, NULL, (long)sig);
	waitpid(tid, &status, __WALL);
	if (!WIFSTOPPED(status))
		return -1;
	if (pushes) {
		ptrace(PTRACE_GETREGS, tid, NULL, &r);
		ptrace(PTRACE_POKETEXT, tid, r.rsp, ptrace(PTRACE_PEEKTEXT, tid, r.rsp, NULL) & ~0x100L);
	}
	return WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

/* Returns 0: right, and there are more steps; 1: right, and it was done; or what is wrong. */
static int cancelled_after(int steps)
{
	int pid, tid, status, sig = 0, done;

	memset(s, 0, sizeof *s);
	pid = fork();
	if (!pid)
		_exit(run());
	while (!s->ready)
		sched_yield();
	tid = s->tid;
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) ||
	    waitpid(tid, &status, __WALL) != tid)
		return 2;
	s->go = 1;
	while (steps-- && !s->done && sig >= 0)
		sig = step(tid, sig);
	done = s->done;
	s->cancel = 1;
	while (!s->sent)
		sched_yield();
	ptrace(PTRACE_DETACH, tid, NULL, (long)sig);
	if (waitpid(pid, &status, 0) != pid || status)
		return WIFSIGNALED(status) ? WTERMSIG(status) : 3;
	return done;
}

int main(int argc, char **argv)
{
	int stride = argc > 2 ? atoi(argv[2]) : 1, steps = 0, r;

	what = argc > 1 ? argv[1] : "call";
	s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_raw();
	while (!(r = cancelled_after(steps)))
		steps += stride;
	if (r != 1)
		printf("%s: %d after %d steps\n", what, r, steps);
	else
		printf("%s: right\n", what);
	return r != 1;
}
