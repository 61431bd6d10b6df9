// SPDX-License-Identifier: BSD-2-Clause
/* LD_PRELOAD: functions of libc that make one system call each, passed on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PASS(type, name, parameters, ...)                                                                    \
	type name parameters                                                                                 \
	{                                                                                                    \
		static type(*next) parameters;                                                               \
                                                                                                             \
		if (!next)                                                                                   \
			next = (type(*) parameters)dlsym(RTLD_NEXT, #name);                                  \
		return next(__VA_ARGS__);                                                                    \
	}

PASS(ssize_t, read, (int fd, void *b, size_t n), fd, b, n)
PASS(ssize_t, write, (int fd, const void *b, size_t n), fd, b, n)
PASS(ssize_t, pread64, (int fd, void *b, size_t n, off64_t at), fd, b, n, at)
PASS(ssize_t, pwrite64, (int fd, const void *b, size_t n, off64_t at), fd, b, n, at)
PASS(ssize_t, writev, (int fd, const struct iovec *v, int n), fd, v, n)
PASS(ssize_t, recv, (int fd, void *b, size_t n, int flags), fd, b, n, flags)
PASS(ssize_t, send, (int fd, const void *b, size_t n, int flags), fd, b, n, flags)
PASS(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), fd, a, n, flags)
PASS(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), fd, e, n, ms)
PASS(int, epoll_ctl, (int fd, int what, int other, struct epoll_event *e), fd, what, other, e)
PASS(int, close, (int fd), fd)
PASS(int, fstat64, (int fd, struct stat64 *s), fd, s)
PASS(int, stat64, (const char *path, struct stat64 *s), path, s)
PASS(off64_t, lseek64, (int fd, off64_t at, int from), fd, at, from)
PASS(int, ftruncate64, (int fd, off64_t size), fd, size)
PASS(int, unlink, (const char *path), path)
PASS(int, access, (const char *path, int how), path, how)
PASS(pid_t, getppid, (void))
