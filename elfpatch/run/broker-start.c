// SPDX-License-Identifier: BSD-2-Clause
/* The broker's process is nobody's child, and has nothing of the program's but its rights. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "broker.h"
#include "kernel.h"

static int choose_value(struct broker *b)
{
	unsigned char random[SYSLAYER_RUN_PART];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -1;
	for (size_t i = 0; i < sizeof random; i++)
		sprintf(b->value + 2 * i, "%02x", random[i]);
	return 0;
}

static int listen_at(const char *value)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int n = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, SYSLAYER_RUN_SOCKET "%.*s",
	                 SYSLAYER_RUN_PART, value);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address,
	                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) ||
	                listen(fd, SOMAXCONN))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A user may have 128 of them, and those of runs that have just ended go when the kernel comes to it. */
static int watch_for_end(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	for (int i = 0; fd < 0 && errno == EMFILE && i < 500; i++) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
		fd = inotify_init1(IN_CLOEXEC);
	}
	return fd;
}

/* Whoever waits for the program's output to end must not wait for this. */
static void leave_all(struct broker *b, struct cache *c)
{
	int keep[] = {b->socket, b->watch, b->armed};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* The cache's lock goes with its descriptor. In 3 to 5, by way of numbers that are none of theirs. */
	for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
		keep[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, 16);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	for (int i = 0; i < (int)(sizeof keep / sizeof *keep); i++)
		dup3(keep[i], 3 + i, O_CLOEXEC);
	if (kernel_close_range(3 + sizeof keep / sizeof *keep, ~0U))
		for (int fd = 3 + sizeof keep / sizeof *keep; fd < 1024; fd++)
			close(fd);
	b->socket = 3;
	b->watch = 4;
	b->armed = 5;
	c->fd = -1;
}

static _Noreturn void become_broker(struct broker b, struct cache c)
{
	setsid();
	if (chdir("/"))
		_exit(1);
	leave_all(&b, &c);
	broker_serve(&b, &c);
}

/*
 * By way of a child that ends at once. The first process of a PID namespace would get it for a child all the
 * same: it has one then that only __WALL and __WCLONE wait for.
 */
static __attribute__((noinline)) int start(const struct broker *b, const struct cache *c)
{
	pid_t between;
	int status;

	if (getpid() == 1) {
		between = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
		if (!between)
			become_broker(*b, *c);
		return between < 0 ? -1 : 0;
	}
	between = vfork();
	if (!between) {
		pid_t pid = _Fork();

		if (!pid)
			become_broker(*b, *c);
		_exit(pid < 0);
	}
	if (between < 0)
		return -1;
	while (waitpid(between, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status ? -1 : 0;
}

int broker_start(struct broker *b, struct cache *c, const char *main_path, bool quiet, struct error *e)
{
	int ends[2];

	*b = (struct broker){.main_path = main_path, .quiet = quiet};
	if (pipe2(ends, O_CLOEXEC) || choose_value(b))
		return fail_errno(e, "programs that are found at execve are not rewritten");
	b->socket = listen_at(b->value);
	b->watch = watch_for_end();
	b->armed = ends[0];
	if (b->socket < 0 || b->watch < 0 || start(b, c))
		return fail_errno(e, "programs that are found at execve are not rewritten");
	close(b->socket);
	close(ends[0]);
	b->armed = ends[1];
	return 0;
}

/* A file system that is mounted there only: its end is that of the namespace, and of all that were made from
 * it. */
int broker_arm(struct broker *b, const struct cache *c, struct error *e)
{
	char path[PATH_MAX];
	struct home home;

	home_here(&home);
	sprintf(b->value + 2 * SYSLAYER_RUN_PART, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%s", home.mount,
	        home.device, home.inode, c->directory);
	if (snprintf(path, sizeof path, "%s/run", c->directory) >= PATH_MAX ||
	    mount("elfpatch", path, "ramfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=711") ||
	    inotify_add_watch(b->watch, path, IN_DELETE_SELF) < 0)
		return fail_errno(e, "programs that are found at execve are not rewritten");
	if (write(b->armed, &home, sizeof home) != sizeof home)
		return fail_errno(e, "programs that are found at execve are not rewritten");
	close(b->watch);
	close(b->armed);
	return 0;
}

int broker_announce(const struct broker *b)
{
	return setenv(SYSLAYER_RUN, b ? b->value : "-", 1);
}
