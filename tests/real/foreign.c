// SPDX-License-Identifier: BSD-2-Clause
/* A program of another machine, for qemu: threads that are cancelled, signals, children, files, time. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static int ends[2];

static void handler(int number)
{
	(void)number;
	handled++;
}

static void *blocked(void *unused)
{
	char c;

	(void)unused;
	return read(ends[0], &c, 1) ? NULL : ends;
}

static void *busy(void *sum)
{
	for (int i = 0; i < 2000; i++)
		__atomic_fetch_add((int *)sum, getppid() > 0, __ATOMIC_RELAXED);
	return NULL;
}

int main(void)
{
	struct sigaction a = {.sa_handler = handler};
	struct itimerval t = {{0, 2000}, {0, 2000}};
	struct timespec second = {0, 100000000};
	int sum = 0, status, fd, interrupted = 0;
	pthread_t thread[4];
	void *result;
	char *p, c;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (pipe(ends))
		return 1;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, busy, &sum);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	printf("threads %d\n", sum);
	for (int i = 0; i < 10; i++) {
		pthread_create(&thread[0], NULL, blocked, NULL);
		usleep(2000);
		pthread_cancel(thread[0]);
		pthread_join(thread[0], &result);
		printf("cancelled %d\n", result == PTHREAD_CANCELED);
	}
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	for (int i = 0; i < 100; i++)
		interrupted += read(ends[0], &c, 1) == -1 && errno == EINTR;
	interrupted += nanosleep(&second, NULL) == -1 && errno == EINTR;
	t.it_value.tv_usec = 0;
	setitimer(ITIMER_REAL, &t, NULL);
	printf("interrupted %d %d\n", interrupted, handled >= 101);
	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(i);
		printf("child %d\n", waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == i);
	}
	printf("system %d\n", WEXITSTATUS(system("exit 6")));
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (ftruncate(fd, 10000))
		return 1;
	p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(p, 'x', 10000);
	munmap(p, 10000);
	printf("file %d\n", pread(fd, &c, 1, 9999) == 1 && c == 'x');
	printf("error %d\n", close(-1) == -1 && errno == EBADF);
	raise(SIGUSR1);
	return 0;
}
