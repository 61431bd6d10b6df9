// SPDX-License-Identifier: BSD-2-Clause
/*
 * Will an exec succeed? What execvp(3) tries along PATH must not be an end for each directory,
 * and what is not printed before a successful exec is lost.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <asm/stat.h>
#include "library.h"

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* Linux 6.14 */
#endif
#define X_OK 1
#ifndef AT_EACCESS
#define AT_EACCESS 0x200
#endif

/* search_binary_handler() in fs/exec.c: what begins so is text, and gets ENOEXEC at once. */
static int printable(unsigned char c)
{
	return c == '\t' || c == '\n' || (c >= 0x20 && c <= 0x7e);
}

static int looks_executable(int dir, const char *path, long flags)
{
	long nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	unsigned char head[4] = {0};
	long fd, n;

	if (flags & AT_EMPTY_PATH && dir >= 0)
		return 1;
	/* What may be executed but not read is taken for a program. */
	fd = syslayer_sys(__NR_openat, dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | nofollow);
	if (fd < 0)
		return 1;
	n = syslayer_sys(__NR_pread64, fd, head, sizeof head, 0);
	syslayer_sys(__NR_close, fd);
	if (n < 2)
		return 0;
	if (head[0] == '#' && head[1] == '!')
		return 1;
	return !(printable(head[0]) && printable(head[1]) && printable(head[2]) && printable(head[3]));
}

int syslayer_exec_would_do(const struct syslayer_call *c)
{
	const long *a = c->argument;
	int at = c->number == __NR_execveat;
	int dir = at ? (int)a[0] : AT_FDCWD;
	const char *path = (const char *)a[at];
	long flags = at ? a[4] : 0;
	struct stat st;
	long r;

	if (flags & AT_EXECVE_CHECK)
		return 0;
	/* The kernel's own answer; before it knew that flag it said EINVAL to any flag that it did not know.
	 */
	r = syslayer_sys(__NR_execveat, dir, path, a[at + 1], a[at + 2], flags | AT_EXECVE_CHECK);
	if (!r)
		return looks_executable(dir, path, flags);
	if (r != -EINVAL && r != -ENOSYS && r != -EPERM)
		return 0;
	r = syslayer_sys(__NR_faccessat2, dir, path, X_OK, AT_EACCESS | flags);
	if (r == -ENOSYS || r == -EPERM)
		r = flags & AT_EMPTY_PATH ? 0 : syslayer_sys(__NR_faccessat, dir, path, X_OK);
	if (r || syslayer_sys(__NR_newfstatat, dir, path, &st, flags))
		return 0;
	return (st.st_mode & S_IFMT) == S_IFREG && st.st_mode & 0111 && looks_executable(dir, path, flags);
}
