// SPDX-License-Identifier: BSD-2-Clause
/*
 * exit(2) ends a thread, and the process with the last of them. Which one that is, the
 * kernel does not tell beforehand: /proc/self/task says who lives, and who has announced its
 * own exit but is not yet gone stands in `leaving`.
 */
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include "library.h"

#define PF_EXITING 4 /* include/linux/sched.h; proc_pid_stat(5), field 9 */

/* A thread has left its mark here, by tid, since its exit: it will not live for long. */
#define MARKS 1024
#define WAITING 0x40000000 /* it is going to look around itself, after who is at it now */

static SYSLAYER_WIPED_LARGE int leaving[MARKS];
static SYSLAYER_WIPED int leader_left, maybe_threads, looking;

/* Belong to who has `looking`. */
static SYSLAYER_LARGE char entries[4096];
static SYSLAYER_LARGE char stat[512];

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short length;
	unsigned char type;
	char name[];
};

void syslayer_thread_comes(void)
{
	__atomic_store_n(&maybe_threads, 1, __ATOMIC_SEQ_CST);
}

static int *mark(int tid)
{
	return &leaving[tid % MARKS];
}

/* Whether a thread that the directory lists runs no more code: a zombie leader stays listed. */
static int is_gone(long dir, const char *name)
{
	char file[32];
	struct syslayer_text t;
	const char *p;
	long fd, n;
	unsigned long flags = 0;

	syslayer_text_init(&t, file, sizeof file - 1);
	syslayer_puts(&t, name);
	syslayer_puts(&t, "/stat");
	*t.at = 0;
	fd = syslayer_sys(__NR_openat, dir, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	n = syslayer_sys(__NR_read, fd, stat, sizeof stat - 1);
	syslayer_sys(__NR_close, fd);
	if (n <= 0)
		return 1;
	stat[n] = 0;
	/* The name before the last parenthesis may hold anything. */
	for (p = stat + n; p > stat && *p != ')'; p--)
		;
	for (unsigned field = 2; *p && field < 9; p++)
		field += *p == ' ';
	while (*p >= '0' && *p <= '9')
		flags = flags * 10 + (unsigned long)(*p++ - '0');
	return !!(flags & PF_EXITING);
}

enum others { NONE, LEAVING, ALIVE, UNKNOWN };

/* What the most alive of the other threads is. */
static enum others look(int me)
{
	long dir = syslayer_sys(__NR_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum others found = NONE;
	long n;

	if (dir < 0)
		return UNKNOWN;
	while (found != ALIVE && (n = syslayer_sys(__NR_getdents64, dir, entries, sizeof entries)) > 0) {
		for (long at = 0; at < n && found != ALIVE;) {
			const struct entry *e = (const struct entry *)(entries + at);
			int tid = 0, left;

			at += e->length;
			for (const char *s = e->name; *s >= '0' && *s <= '9'; s++)
				tid = tid * 10 + (*s - '0');
			if (!tid || tid == me || is_gone(dir, e->name))
				continue;
			left = __atomic_load_n(mark(tid), __ATOMIC_SEQ_CST);
			found = left == tid ? LEAVING : ALIVE;
		}
	}
	syslayer_sys(__NR_close, dir);
	return found;
}

static int look_until_clear(int me)
{
	const struct __kernel_timespec pause = {.tv_nsec = 200000};
	enum others found = ALIVE;

	/* A mark may be of one who had the number before, so the wait has an end. */
	for (unsigned i = 0; i < 100; i++) {
		found = look(me);
		if (found != LEAVING)
			break;
		syslayer_sys(__NR_nanosleep, &pause, 0);
	}
	return found == NONE || (found == UNKNOWN && !maybe_threads);
}

int syslayer_is_last_thread(void)
{
	const struct __kernel_timespec pause = {.tv_nsec = 100000};
	int me = (int)syslayer_sys(__NR_gettid), free = 0, last;
	unsigned long all = ~0UL, mask;

	/* While the leader lives no other is the last. The mark first: else the leader may miss this one. */
	__atomic_store_n(mark(me), me, __ATOMIC_SEQ_CST);
	if (me == (int)syslayer_sys(__NR_getpid))
		__atomic_store_n(&leader_left, 1, __ATOMIC_SEQ_CST);
	else if (!__atomic_load_n(&leader_left, __ATOMIC_SEQ_CST))
		return 0;

	__atomic_store_n(mark(me), me | WAITING, __ATOMIC_SEQ_CST);
	syslayer_sys(__NR_rt_sigprocmask, 0, &all, &mask, 8);
	while (!__atomic_compare_exchange_n(&looking, &free, me, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		syslayer_sys(__NR_nanosleep, &pause, 0);
		free = 0;
	}
	last = look_until_clear(me);
	__atomic_store_n(mark(me), me, __ATOMIC_SEQ_CST);
	__atomic_store_n(&looking, 0, __ATOMIC_SEQ_CST);
	syslayer_sys(__NR_rt_sigprocmask, 2, &mask, 0, 8);
	return last;
}
