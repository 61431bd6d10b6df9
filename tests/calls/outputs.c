// SPDX-License-Identifier: BSD-2-Clause
/* outputs WAY: what programs do with descriptors that they know nothing of, and with standard error. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As daemons do, and a shell with a number that is in use. */
static int all_one_by_one(void)
{
	int bad = 0;

	for (int fd = 3; fd < 1024; fd++) {
		errno = 0;
		bad |= close(fd) != -1 || errno != EBADF;
	}
	return bad;
}

static int range(void)
{
	int one = dup(1), far = fcntl(1, F_DUPFD, 1000);

	if (one < 0 || far < 0 || syscall(SYS_close_range, 3, ~0U, 0))
		return 1;
	for (int fd = 700; fd < 1024; fd++)
		if (syscall(SYS_close_range, fd, fd, 0))
			return 1;
	return close(one) != -1 || close(far) != -1 || syscall(SYS_close_range, 5, 4, 0) != -1 ||
	       errno != EINVAL;
}

/* As programs do that look for what is open. */
static int looked_for(void)
{
	struct stat st;

	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) != -1 || errno != EBADF || dup(fd) != -1 || errno != EBADF ||
		    syscall(SYS_fstat, fd, &st) != -1 || errno != EBADF ||
		    fstatat(fd, "", &st, AT_EMPTY_PATH) != -1 || errno != EBADF)
			return 1;
	return fstat(1, &st) || fstatat(AT_FDCWD, ".", &st, 0);
}

/* No file may grow any more. */
static int limited(void)
{
	return setrlimit(RLIMIT_FSIZE, &(struct rlimit){0}) || getppid() <= 0;
}

/* Standard error is another file now, which holds what the program wrote to it. */
static int replaced(void)
{
	int fd = open("errors", O_CREAT | O_TRUNC | O_RDWR, 0600);
	char text[8];

	return fd < 0 || dup2(fd, 2) != 2 || (fd != 2 && close(fd)) || write(2, "mine", 4) != 4 ||
	       getppid() <= 0 || pread(2, text, sizeof text, 0) != 4 || close(2) ||
	       open("errors", O_RDWR) != 2;
}

/* As the C library's atexit(3) handlers of the coreutils do. */
static int closed(void)
{
	return close(1) || close(2) || getppid() <= 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} ways[] = {{"one-by-one", all_one_by_one}, {"range", range},       {"limited", limited},
	            {"looked-for", looked_for},     {"replaced", replaced}, {"closed", closed}};

	for (unsigned i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].run();
	return 98;
}
