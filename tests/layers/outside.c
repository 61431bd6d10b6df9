// SPDX-License-Identifier: BSD-2-Clause
/*
 * outside HOW: a call of getppid(2) from memory that the program has made itself, in the first thread,
 * another thread, or a child. Prints "made" if it was made.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int caught;

static void outside(void)
{
	static const unsigned char code[] = {0xb8, SYS_getppid, 0, 0, 0, 0x0f, 0x05, 0xc3};
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof code);
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	if (((int (*)(void))p)() == (int)syscall(SYS_getppid))
		puts("made");
	fflush(stdout);
}

static void *thread(void *arg)
{
	outside();
	return arg;
}

static void handler(int sig)
{
	caught = sig;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	struct timespec t;
	pthread_t other;
	int status;

	/* All that is to go on as usual. */
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	printf("caught %d\n", caught);
	fflush(stdout);
	if (!strcmp(how, "here")) {
		outside();
	} else if (!strcmp(how, "blocked")) {
		sigset_t all;

		sigfillset(&all);
		signal(SIGSYS, handler);
		sigprocmask(SIG_BLOCK, &all, NULL);
		outside();
	} else if (!strcmp(how, "off")) {
		prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
		outside();
	} else if (!strcmp(how, "thread")) {
		pthread_create(&other, NULL, thread, NULL);
		pthread_join(other, NULL);
	} else if (!strcmp(how, "fork")) {
		if (!fork()) {
			outside();
			_exit(0);
		}
		wait(&status);
		return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	} else if (!strcmp(how, "vfork")) {
		if (!vfork()) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(1);
		}
		wait(&status);
	}
	puts("end");
	return 0;
}
