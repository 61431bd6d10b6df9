// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a call points to goes away at any moment: a thread unmaps it, or a process truncates the file that is
 * mapped there. The argument says what becomes of the signal of a fault, which must never come to the
 * program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 30000
#define SEEN 100 /* of both states, at least, however the two take turns */

static char *page;
static volatile int over;
static int null;

static void fill(void)
{
	memcpy(page + 64, "/dev/null", 10);
}

static void *unmap(void *unused)
{
	for (unsigned round = 0; !over; round++) {
		mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		fill();
		/* Now and then for as long as a line takes. */
		for (volatile unsigned i = 0; i < round % 8 * 1000; i++)
			;
		munmap(page, 4096);
	}
	return unused;
}

static void calls(void)
{
	int opened = 0, gone = 0;
	struct stat st;

	for (int i = 0; i < ROUNDS || opened < SEEN || gone < SEEN; i++) {
		int fd = open(page + 64, O_RDONLY);

		if (fd >= 0) {
			opened++;
			close(fd);
		} else if (errno == EFAULT) {
			gone++;
		}
		/* What it does not look at succeeds. */
		write(null, page + 64, 64);
		stat(page + 64, &st);
		syscall(SYS_getcwd, page, 4096L);
	}
}

static void comes(int sig)
{
	write(2, "a fault came\n", 13);
	_exit(sig);
}

static void on_alternate(int sig)
{
	char kept[1024];

	memset(kept, sig, sizeof kept);
	calls();
	for (size_t i = 0; i < sizeof kept; i++)
		if (kept[i] != sig)
			abort();
}

static void handle(void (*handler)(int), int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
}

static void alternate(void)
{
	static char stack[65536];
	const stack_t s = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction a = {.sa_handler = on_alternate, .sa_flags = SA_ONSTACK};

	sigaltstack(&s, NULL);
	sigaction(SIGUSR1, &a, NULL);
	handle(comes, SA_ONSTACK);
	raise(SIGUSR1);
}

static void truncated(void)
{
	char name[] = "/tmp/unmaps.XXXXXX";
	int fd = mkstemp(name);
	pid_t pid;

	unlink(name);
	ftruncate(fd, 4096);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fill();
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			ftruncate(fd, 0);
			ftruncate(fd, 4096);
			pwrite(fd, "/dev/null", 10, 64);
		}
	}
	calls();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pthread_t thread;
	sigset_t all;

	null = open("/dev/null", O_WRONLY);
	if (!strcmp(what, "truncated")) {
		truncated();
		return 0;
	}
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_create(&thread, NULL, unmap, NULL);
	sigfillset(&all);
	if (!strcmp(what, "blocked"))
		pthread_sigmask(SIG_BLOCK, &all, NULL);
	else if (!strcmp(what, "ignored"))
		handle(SIG_IGN, 0);
	else if (!strcmp(what, "handled"))
		handle(comes, 0);
	else if (!strcmp(what, "once"))
		handle(comes, SA_RESETHAND);
	if (!strcmp(what, "alternate"))
		alternate();
	else
		calls();
	over = 1;
	pthread_join(thread, NULL);
	return 0;
}
