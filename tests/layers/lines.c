// SPDX-License-Identifier: BSD-2-Clause
/* Many lines at once: 8 threads, and 100 children of which every tenth is killed; lines [kill]. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *calls(void *arg)
{
	for (int i = 0; i < 500; i++)
		syscall(SYS_umask, 022);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[8];

	(void)argv;
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, calls, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 100; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 10; k++)
			syscall(SYS_umask, 022);
		if (i % 10 == 0)
			kill(getpid(), SIGKILL);
		if (i % 10 == 1)
			abort();
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	/* What a daemon does. */
	if (argc > 1) {
		syscall(SYS_close_range, 3, ~0U, 0);
		for (int fd = 3; fd < 1024; fd++)
			close(fd);
		syscall(SYS_umask, 022);
	}
	return 0;
}
