// SPDX-License-Identifier: BSD-2-Clause
/* threads WHAT: threads that are made, end and are left alone; calls from many at once; cancellation. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static __thread int mine = 5;
static atomic_int alive, cleaned;
static int pipe_ends[2];

static long raw(long number, long a)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a) : "rcx", "r11", "memory");
	return result;
}

static void *short_life(void *argument)
{
	mine += (int)(long)argument;
	/* Its own number, past the C library. */
	return (void *)(raw(SYS_gettid, 0) > 0 ? (long)mine : -1);
}

static int join(void)
{
	enum { THREADS = 200 };
	pthread_t t[THREADS];
	int bad = 0;

	for (int round = 0; round < 5; round++) {
		for (long i = 0; i < THREADS; i++)
			bad |= pthread_create(&t[i], NULL, short_life, (void *)i);
		for (long i = 0; i < THREADS; i++) {
			void *result;

			bad |= pthread_join(t[i], &result) || (long)result != 5 + i;
		}
	}
	return bad || mine != 5;
}

static void *detached_life(void *argument)
{
	(void)argument;
	getppid();
	alive--;
	/* musl gives its own stack back here, and ends without one. */
	return NULL;
}

static int detached(void)
{
	pthread_attr_t a;

	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 1000; i++) {
		pthread_t t;

		alive++;
		if (pthread_create(&t, &a, detached_life, NULL))
			return 1;
		while (alive > 20)
			usleep(100);
	}
	while (alive)
		usleep(1000);
	usleep(20000);
	return 0;
}

/*
 * A thread of our own that has no stack when it ends: musl unmaps it, Go gives it to another thread, here the
 * stack pointer leads nowhere. The kernel clears and wakes *tid.
 */
static long lone_thread(char *top, int *tid)
{
	register int *child __asm__("r10") = tid;
	long result;

	__asm__ volatile("syscall\n\t"
	                 "test %%eax, %%eax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%edi, %%edi\n\t"
	                 "mov $0x1000, %%esp\n\t"
	                 "mov $60, %%eax\n\t"
	                 "syscall\n\t"
	                 "hlt\n"
	                 "1:"
	                 : "=a"(result)
	                 : "0"(SYS_clone),
	                   "D"(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
	                       CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID),
	                   "S"(top), "d"(0), "r"(child)
	                 : "rcx", "r11", "memory", "cc");
	return result;
}

static int stackless(void)
{
	enum { THREADS = 8 };
	static char stack[THREADS][4096] __attribute__((aligned(16)));
	static int tid[THREADS];

	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < THREADS; i++) {
			tid[i] = 1;
			if (lone_thread(stack[i] + sizeof stack[i], &tid[i]) < 0)
				return 1;
		}
		for (int i = 0; i < THREADS; i++)
			while (__atomic_load_n(&tid[i], __ATOMIC_SEQ_CST))
				sched_yield();
	}
	return 0;
}

static void *hammering(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		raw(SYS_getppid, 0);
		if (raw(SYS_close, -1) != -EBADF)
			return argument;
		/* By way of syscall(): a number that is not known. */
		if (syscall(SYS_getpgid, -1) != -1)
			return argument;
	}
	return NULL;
}

static int hammer(void)
{
	pthread_t t[8];
	void *result;
	int bad = 0;

	for (int i = 0; i < 8; i++)
		bad |= pthread_create(&t[i], NULL, hammering, t);
	for (int i = 0; i < 8; i++)
		bad |= pthread_join(t[i], &result) || result;
	return bad;
}

static void clean(void *argument)
{
	(void)argument;
	cleaned++;
}

static void *blocked(void *argument)
{
	char c;

	pthread_cleanup_push(clean, NULL);
	sem_post(argument);
	if (read(pipe_ends[0], &c, 1))
		cleaned += 1000;
	pthread_cleanup_pop(0);
	return NULL;
}

/* A thread that is blocked in read is cancelled, and has cleaned up. */
static int cancel(void)
{
	int bad = 0;

	if (pipe(pipe_ends))
		return 1;
	for (int i = 0; i < 20; i++) {
		struct timespec limit;
		sem_t ready;
		pthread_t t;
		void *result = NULL;

		sem_init(&ready, 0, 0);
		bad |= pthread_create(&t, NULL, blocked, &ready);
		sem_wait(&ready);
		/* Half of them before they block, or as they do. */
		if (i % 2)
			usleep(5000);
		pthread_cancel(t);
		clock_gettime(CLOCK_REALTIME, &limit);
		limit.tv_sec += 5;
#ifdef __GLIBC__
		if (pthread_timedjoin_np(t, &result, &limit)) {
			puts("hangs");
			exit(2);
		}
#else
		alarm(5);
		bad |= pthread_join(t, &result);
		alarm(0);
#endif
		bad |= result != PTHREAD_CANCELED;
	}
	return bad || cleaned != 20;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} what[] = {{"join", join},
	            {"detached", detached},
	            {"hammer", hammer},
	            {"cancel", cancel},
	            {"stackless", stackless}};

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
