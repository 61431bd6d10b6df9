// SPDX-License-Identifier: BSD-2-Clause
/* A thread that waits in a call is cancelled, and one that is cancelled before it makes one. Prints
 * "cancelled" for each. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int fds[2];
static int ready, cleaned;

static void clean(void *argument)
{
	__atomic_add_fetch((int *)argument, 1, __ATOMIC_SEQ_CST);
}

static void *reads(void *argument)
{
	char c;

	pthread_cleanup_push(clean, &cleaned);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	while (read(fds[0], &c, 1) == 1)
		;
	pthread_cleanup_pop(0);
	return argument;
}

static void *polls(void *argument)
{
	pthread_cleanup_push(clean, &cleaned);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	poll(NULL, 0, -1);
	pthread_cleanup_pop(0);
	return argument;
}

/* Calls that come back at once, so that the signal comes anywhere. */
static void *writes(void *argument)
{
	pthread_cleanup_push(clean, &cleaned);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	while (write(fds[1], "", 0) == 0)
		;
	pthread_cleanup_pop(0);
	return argument;
}

static void try(const char *what, void *(*body)(void *), unsigned wait)
{
	pthread_t t;
	void *result = NULL;

	ready = cleaned = 0;
	pthread_create(&t, NULL, body, NULL);
	while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		usleep(100);
	usleep(wait);
	pthread_cancel(t);
	pthread_join(t, &result);
	if (result != PTHREAD_CANCELED || cleaned != 1)
		printf("%s: not cancelled\n", what);
}

int main(void)
{
	if (pipe(fds))
		return 1;
	for (unsigned i = 0; i < 20; i++) {
		try("read", reads, 1000 * i);
		try("poll", polls, 500 * i);
		try("write", writes, 137 * i);
	}
	puts("end");
	return 0;
}
