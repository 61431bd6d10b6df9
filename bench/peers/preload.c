// SPDX-License-Identifier: BSD-2-Clause
/*
 * For LD_PRELOAD. What dd calls, and getppid(), by the instruction; with ANSWERS: getppid() without the
 * kernel; with DISPATCH: nothing but that all calls come by way of SIGSYS.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "peers.h"

void die(const char *what)
{
	perror(what);
	_exit(1);
}

#if defined DISPATCH
__attribute__((constructor)) static void start(void)
{
	dispatch_start(GO_ON);
}
#elif defined ANSWERS
pid_t getppid(void)
{
	return ANSWER;
}
#else
static ssize_t result(long r)
{
	if (r > -4096 && r < 0) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

pid_t getppid(void)
{
	return (pid_t)again(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

ssize_t read(int fd, void *to, size_t size)
{
	return result(again(SYS_read, fd, (long)to, (long)size, 0, 0, 0));
}

ssize_t write(int fd, const void *from, size_t size)
{
	return result(again(SYS_write, fd, (long)from, (long)size, 0, 0, 0));
}
#endif
