/* SPDX-License-Identifier: BSD-2-Clause */
/* With a libc: the classic form stores into that libc's errno, each thread's own. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <syslayer/sys.h>
#include "slots.h"

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			printf("line %d: %s; errno %d\n", __LINE__, #condition, errno);                      \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static pthread_barrier_t barrier;
static int *first_errno;

static void *other(void *unused)
{
	(void)unused;
	errno = 0;
	CHECK(libsys_kill(1 << 30, 0) == -1);
	CHECK(errno == ESRCH);
	CHECK(libsys_errno_location() == &errno && &errno != first_errno);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	CHECK(errno == ESRCH);
	return NULL;
}

int main(void)
{
	pthread_t thread;
	int fds[2];
	char c = 0;

	CHECK(fill_slots_native() == 0);
	errno = 7;
	CHECK(sys_close(-1U) == -EBADF && errno == 7);
	CHECK(libsys_getppid() > 0 && errno == 7);
	CHECK(libsys_close(-1U) == -1 && errno == EBADF);
	CHECK(libsys_mmap(NULL, 0, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0) == (void *)-1 && errno == EINVAL);

	CHECK(libsys_pipe2(fds, 0) == 0 && libsys_write(fds[1], "x", 1) == 1);
	CHECK(libsys_read(fds[0], &c, 1) == 1 && c == 'x');

	first_errno = &errno;
	CHECK(libsys_errno_location() == first_errno);
	CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
	CHECK(pthread_create(&thread, NULL, other, NULL) == 0);
	pthread_barrier_wait(&barrier);
	CHECK(errno == EINVAL);
	CHECK(libsys_close(-1U) == -1 && errno == EBADF);
	pthread_barrier_wait(&barrier);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(errno == EBADF);
	puts("errno ok");
	return 0;
}
