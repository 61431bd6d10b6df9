// SPDX-License-Identifier: BSD-2-Clause
/*
 * Descriptors that are not the program's business: they stand high up, and the program can neither close nor
 * replace them.
 */
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include "ask.h"

int syslayer_kept[2];
/* In the stubs of these calls (handle-x86_64.h): whether there are any. */
unsigned char syslayer_keeps;

/* That of the run (SYSLAYER_RUN_ERROR), or 0; whether the layer keeps it. */
static int run_error;
static int keeps_error;

long syslayer_high_copy(long fd)
{
	struct rlimit64 files;

	if (syslayer_sys(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &files) || files.rlim_cur > 1024)
		files.rlim_cur = 1024;
	return syslayer_sys(__NR_fcntl, fd, F_DUPFD_CLOEXEC, files.rlim_cur / 4 * 3);
}

long syslayer_keep(int fd)
{
	long high;

	if (syslayer_kept[0] > 0)
		syslayer_sys(__NR_close, syslayer_kept[0]);
	keeps_error = fd == 2;
	high = keeps_error && run_error ? run_error : syslayer_high_copy(fd);
	run_error = 0;
	syslayer_kept[0] = high < 0 ? -1 : (int)high;
	syslayer_keeps = 1;
	return high;
}

int syslayer_kept_error(void)
{
	return keeps_error ? syslayer_kept[0] : -1;
}

void syslayer_keep_first(const char *value)
{
	run_error = syslayer_handed_on(value);
}

void syslayer_keep_last(void)
{
	if (run_error)
		syslayer_sys(__NR_close, run_error);
	run_error = 0;
}

static int is_kept(int fd)
{
	return fd > 0 && (fd == syslayer_kept[0] || (fd == syslayer_kept[1] && syslayer_channel_is_open()));
}

/* What is below them, between them, and above them. */
static void guard_range(struct syslayer_call *c)
{
	const unsigned long *a = (const unsigned long *)c->argument;
	unsigned first = (unsigned)a[0], last = (unsigned)a[1];
	int low = syslayer_kept[0], high = syslayer_kept[1], any = 0;
	const int kept[2] = {low < high ? low : high, low < high ? high : low};
	int guarded = 0, made = 0;
	long r = 0;

	/* They have the flag already. */
	if (first > last || a[2] & CLOSE_RANGE_CLOEXEC)
		return;
	for (unsigned i = 0; i < 2; i++)
		any |= is_kept(kept[i]) && (unsigned)kept[i] >= first && (unsigned)kept[i] <= last;
	if (!any)
		return;
	for (unsigned i = 0; i < 2 && !r; i++) {
		unsigned fd = (unsigned)kept[i];

		if (!is_kept(kept[i]) || fd < first || fd > last)
			continue;
		if (first < fd) {
			r = syslayer_sys(__NR_close_range, first, fd - 1, a[2]);
			made = 1;
		}
		first = fd + 1;
		guarded = first > last;
	}
	if (!r && !guarded)
		r = syslayer_sys(__NR_close_range, first, last, a[2]);
	else if (!made)
		/* What the flags say, for a number that is never used. */
		r = syslayer_sys(__NR_close_range, ~0U, ~0U, a[2]);
	syslayer_answer(c, r);
}

int syslayer_keep_guard(struct syslayer_call *c)
{
	const long *a = c->argument;

	if (!syslayer_keeps)
		return 0;
	if (c->number == __NR_close && is_kept((int)a[0]))
		syslayer_answer(c, -EBADF);
	else if ((c->number == __NR_dup2 || c->number == __NR_dup3) && is_kept((int)a[1]))
		syslayer_answer(c, -EBUSY);
	else if (c->number == __NR_close_range)
		guard_range(c);
	return c->answered;
}
