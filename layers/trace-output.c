// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where lines go: one write(2) a line, to a descriptor that is not the program's business. It stands
 * high up, and the program cannot close it.
 */
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <asm/stat.h>
#include "trace-output.h"

static int descriptor; /* 0: standard error */
static int is_file;    /* regular, and not limited in its size: a write makes no signal, and does not block */
static char path[4096];

static long open_path(void)
{
	return syslayer_sys(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
	                    0666);
}

long output_open(const char *name)
{
	struct rlimit64 files, size;
	struct syslayer_text t;
	struct stat st;
	long fd, high;

	syslayer_text_init(&t, path, sizeof path - 1);
	if (*name != '/' && syslayer_sys(__NR_getcwd, path, sizeof path) > 0 && *path == '/') {
		t.at += syslayer_length(path);
		syslayer_puts(&t, "/");
	}
	syslayer_puts(&t, name);
	*t.at = 0;
	if (t.at == t.end)
		return -ENAMETOOLONG;
	fd = open_path();
	if (fd < 0)
		return fd;
	if (syslayer_sys(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &files) || files.rlim_cur > 1024)
		files.rlim_cur = 1024;
	high = syslayer_sys(__NR_fcntl, fd, F_DUPFD_CLOEXEC, files.rlim_cur / 4 * 3);
	if (high >= 0) {
		syslayer_sys(__NR_close, fd);
		fd = high;
	}
	is_file = !syslayer_sys(__NR_fstat, fd, &st) && S_ISREG(st.st_mode) &&
	          !syslayer_sys(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, &size) &&
	          size.rlim_cur == RLIM64_INFINITY;
	descriptor = (int)fd;
	return 0;
}

/* close_range(2) has taken it: the same number again, which a child of vfork may share with nobody. */
static long open_again(void)
{
	long fd = open_path(), r;

	if (fd < 0 || fd == descriptor)
		return fd;
	r = syslayer_sys(__NR_dup3, fd, descriptor, O_CLOEXEC);
	syslayer_sys(__NR_close, fd);
	return r;
}

void output_write(const char *s, size_t length)
{
	long r;

	if (!descriptor || !is_file) {
		syslayer_write(descriptor ? descriptor : 2, s, length);
		return;
	}
	r = syslayer_sys(__NR_write, descriptor, s, length);
	if (r == -EBADF && open_again() >= 0)
		syslayer_sys(__NR_write, descriptor, s, length);
}

void output_guard(struct syslayer_call *c)
{
	if (!descriptor)
		return;
	if (c->number == __NR_close && (int)c->argument[0] == descriptor)
		syslayer_answer(c, -EBADF);
	else if ((c->number == __NR_dup2 || c->number == __NR_dup3) && (int)c->argument[1] == descriptor)
		syslayer_answer(c, -EBUSY);
}
