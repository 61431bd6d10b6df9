// SPDX-License-Identifier: BSD-2-Clause
/* cancelled WHAT: threads that are cancelled while they make calls, wherever that finds them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int cleaned, ready, over;
static int ends[2], null = -1, file = -1;
static unsigned patience; /* us, until a thread is cancelled */
static long (*ask_parent)(void);

static void clean(void *unused)
{
	(void)unused;
	cleaned++;
}

static void call(int which)
{
	char c = 'x';
	int fd;

	switch (which % 4) {
	case 0:
		(void)!write(null, &c, 1);
		break;
	case 1:
		(void)!read(null, &c, 1);
		break;
	case 2:
		fd = openat(-1, "none", O_RDONLY);
		(void)!write(null, &fd, 1);
		break;
	case 3:
		(void)!write(-1, &c, 1);
	}
}

static void *storm(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, NULL);
	ready++;
	for (int i = 0;; i++)
		call(i);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *failing(void *unused)
{
	(void)unused;
	pthread_cleanup_push(clean, NULL);
	ready++;
	for (;;)
		call(3);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *blocked(void *unused)
{
	char c;

	(void)unused;
	pthread_cleanup_push(clean, NULL);
	ready++;
	(void)!read(ends[0], &c, 1);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *loop(long (*f)(void))
{
	pthread_cleanup_push(clean, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	ready++;
	for (;;)
		f();
	pthread_cleanup_pop(0);
	return NULL;
}

static long parent(void)
{
	return getppid();
}

static void *asynchronous(void *unused)
{
	(void)unused;
	return loop(parent);
}

/* Code that nobody rewrites. */
static void *unseen(void *unused)
{
	(void)unused;
	return loop(ask_parent);
}

static int all(void *(*f)(void *), int threads)
{
	int bad = 0;

	for (int i = 0; i < threads; i++) {
		pthread_t t;
		void *result;

		ready = 0;
		bad |= pthread_create(&t, NULL, f, NULL);
		while (!ready)
			sched_yield();
		usleep(patience + i % 10 * 100);
		pthread_cancel(t);
		bad |= pthread_join(t, &result) || result != PTHREAD_CANCELED;
	}
	if (cleaned != threads)
		printf("%d were cleaned up\n", cleaned);
	return bad || cleaned != threads;
}

/* More than layers have stacks. */
#define MANY 600

static int many(void)
{
	pthread_attr_t attributes;
	static pthread_t t[MANY];
	void *result;
	int bad = pthread_attr_init(&attributes) || pthread_attr_setstacksize(&attributes, 128 << 10);

	for (int i = 0; i < MANY; i++)
		bad |= pthread_create(&t[i], &attributes, blocked, NULL);
	while (!bad && ready < MANY)
		sched_yield();
	usleep(200000);
	for (int i = 0; !bad && i < MANY; i++)
		bad |= pthread_cancel(t[i]);
	for (int i = 0; !bad && i < MANY; i++)
		bad |= pthread_join(t[i], &result) || result != PTHREAD_CANCELED;
	return bad || cleaned != MANY;
}

static int uncaught(void)
{
	static const unsigned char code[] = {0xb8, SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0xc3};
	void *p = mmap(NULL, sizeof code, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	memcpy(p, code, sizeof code);
	ask_parent = (long (*)(void))p;
	return mprotect(p, sizeof code, PROT_READ | PROT_EXEC) || ask_parent() != getppid() ||
	       all(unseen, 100);
}

/* The signal comes thousands of times, and must not be seen: each call is made once. */
static void *disturbed(void *unused)
{
	const long mine = getppid();
	long written = 0;
	struct stat s;

	(void)unused;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	ready = (int)syscall(SYS_gettid);
	while (!over) {
		if (write(file, "x", 1) != 1 || getppid() != mine || write(-1, "x", 1) != -1)
			return &over;
		written++;
	}
	if (fstat(file, &s) || s.st_size != written)
		return &over;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	return NULL;
}

static int disturb(void)
{
	pthread_t t;
	void *result;
	int bad;

	file = open(".", O_TMPFILE | O_RDWR, 0600);
	bad = file < 0 || pthread_create(&t, NULL, disturbed, NULL);
	if (bad)
		return bad;
	while (!ready)
		sched_yield();
	pthread_cancel(t);
	for (int i = 0; i < 20000; i++) {
		bad |= syscall(SYS_tgkill, getpid(), ready, 32) != 0;
		for (int n = 0; n < i % 100; n++)
			__asm__ volatile("pause");
	}
	over = 1;
	return pthread_join(t, &result) || result != PTHREAD_CANCELED || bad;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int bad = pipe(ends);

	alarm(300);
	null = open("/dev/null", O_RDWR);
	if (!strcmp(what, "storm"))
		bad |= all(storm, 200);
	else if (!strcmp(what, "failing"))
		bad |= all(failing, 2000);
	else if (!strcmp(what, "blocked"))
		bad |= all(blocked, 20);
	else if (!strcmp(what, "waiting"))
		bad |= (patience = 20000, all(blocked, 20));
	else if (!strcmp(what, "many"))
		bad |= many();
	else if (!strcmp(what, "asynchronous"))
		bad |= all(asynchronous, 200);
	else if (!strcmp(what, "uncaught"))
		bad |= uncaught();
	else if (!strcmp(what, "disturbed"))
		bad |= disturb();
	else
		bad = 98;
	printf("%s: %s\n", what, bad ? "wrong" : "right");
	return bad;
}
