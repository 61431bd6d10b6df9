// SPDX-License-Identifier: BSD-2-Clause
/*
 * left [THREAD|KILLED]: calls that signals cut short, for a layer that counts a call when it comes back:
 * their handlers leave by siglongjmp(3), or return, and the kernel makes the call again, or does not. Ends
 * with 9 of read(2), 3 of them failed, and 9 of kill(2); killed, in another read(2).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static sigjmp_buf back;
static int ends[2];

static void jump(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

static void come_back(int sig)
{
	(void)sig;
}

static void handle(int sig, void (*f)(int), int flags)
{
	const struct sigaction a = {.sa_handler = f, .sa_flags = flags};

	sigaction(sig, &a, NULL);
}

static void wait_for_it(void)
{
	char c;

	ualarm(20000, 0);
	if (read(ends[0], &c, 1) > 0)
		abort();
}

static void *calls(void *unused)
{
	handle(SIGUSR1, jump, 0);
	for (volatile int i = 0; i < 5; i++)
		if (!sigsetjmp(back, 1))
			kill(getpid(), SIGUSR1);
	handle(SIGUSR2, come_back, 0);
	for (int i = 0; i < 4; i++)
		kill(getpid(), SIGUSR2);
	for (volatile int flags = SA_RESTART; flags >= 0; flags -= SA_RESTART) {
		handle(SIGALRM, jump, flags);
		for (volatile int i = 0; i < 3; i++)
			if (!sigsetjmp(back, 1))
				wait_for_it();
	}
	handle(SIGALRM, come_back, 0);
	for (int i = 0; i < 3; i++)
		wait_for_it();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (pipe(ends))
		return 1;
	if (argc > 1 && *argv[1] == 'T') {
		sigset_t all, old;

		/* Signals for the process come to the other thread. */
		sigfillset(&all);
		if (pthread_create(&t, NULL, calls, NULL) || pthread_sigmask(SIG_BLOCK, &all, &old))
			return 1;
		return pthread_join(t, NULL);
	}
	calls(NULL);
	if (argc > 1) {
		handle(SIGALRM, SIG_DFL, 0);
		wait_for_it();
	}
	return 0;
}
