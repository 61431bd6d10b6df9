// SPDX-License-Identifier: BSD-2-Clause
/* outside [WAY]: makes calls as programs do; and then, with a WAY, one in code that no tool has seen.
 * LIBRARY: one that is loaded meanwhile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long (*call)(void);

/* mov $39,%eax (getpid); syscall; ret */
static const unsigned char code[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};

static volatile sig_atomic_t handled;

static void handler(int s)
{
	handled += s == SIGUSR1;
}

static void *thread(void *argument)
{
	raise(SIGUSR1);
	if (argument)
		call();
	return NULL;
}

static int in_thread(void *argument)
{
	pthread_t t;

	return pthread_create(&t, NULL, thread, argument) || pthread_join(t, NULL);
}

/* Exit status, or the signal, of a child. */
static int in_child(pid_t (*make)(void), int outside)
{
	int status;
	pid_t pid = make();

	if (!pid) {
		if (outside)
			call();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 99;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* Sites in C libraries whose number is known at run time only. */
static pid_t by_number(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int spawned(void)
{
	char *const argv[] = {"true", NULL};
	int status;
	pid_t pid;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL) || waitpid(pid, &status, 0) != pid ||
	       status;
}

static void *goes_on(void *unused)
{
	(void)unused;
	/* In glibc before 2.41 a thread that waits is cancelled by unwinding out of a signal handler. */
	for (;;)
#ifdef __GLIBC__
		pthread_testcancel();
#else
		usleep(1000);
#endif
}

static int cancelled(void)
{
	pthread_t t;
	void *r = NULL;

	return pthread_create(&t, NULL, goes_on, NULL) || pthread_cancel(t) || pthread_join(t, &r) ||
	       r != PTHREAD_CANCELED;
}

/* A library with calls of its own. */
static int loaded(void)
{
#ifdef LIBRARY
	void *l = dlopen(LIBRARY, RTLD_NOW);
	long (*parent)(void);

	if (!l)
		return 1;
	*(void **)&parent = dlsym(l, "library_parent");
	if (parent() != getppid() || dlclose(l))
		return 1;
#endif
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	struct sigaction action = {.sa_handler = handler}, old;
	struct timespec t;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(page, code, sizeof code);
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		return 1;
	*(void **)&call = page;
	if (sigaction(SIGUSR1, &action, NULL) || raise(SIGUSR1) || handled != 1)
		return 2;
	if (sigaction(SIGUSR1, NULL, &old) || old.sa_handler != handler || sigaction(SIGUSR1, &old, NULL))
		return 3;
	if (clock_gettime(CLOCK_MONOTONIC, &t) || time(NULL) < 0 || in_child(fork, 0) || in_child(vfork, 0))
		return 4;
	if (in_thread(NULL) || handled != 2)
		return 5;
	if (in_child(by_number, 0) || spawned() || system(":"))
		return 8;
	if (cancelled())
		return 9;
	if (loaded() || loaded())
		return 10;
	if (!strcmp(way, "wait")) {
		/* Until something comes. */
		char c;
		int fd = open(argv[2], O_RDONLY);

		if (fd < 0 || read(fd, &c, 1) != 1)
			return 6;
		way = "here";
	}
	if (!strcmp(way, "here"))
		call();
	else if (!strcmp(way, "thread"))
		in_thread(argv);
	else if (!strcmp(way, "fork"))
		return in_child(fork, 1);
	else if (!strcmp(way, "vfork"))
		return in_child(vfork, 1);
	else if (!strcmp(way, "prctl")) {
		errno = 0;
		prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
		printf("%s\n", strerror(errno));
		fflush(stdout);
		call();
	} else if (!strcmp(way, "exec")) {
		execv(argv[2], argv + 2);
		return 7;
	}
	puts("works");
	return 0;
}
