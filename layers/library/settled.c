// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: what need not be asked, as it was answered before and nothing has changed since. The
 * one who answers shows it in a file (syslayer/run.h), which is read each time: children of fork(2) learn
 * what their brothers have asked, and nothing of it lies in the program's memory.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include "ask.h"

static uint64_t nanoseconds(const struct statx_timestamp *t)
{
	return (uint64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* glibc's makedev(3), by which stat(2) has it. */
static uint64_t device(uint64_t major, uint64_t minor)
{
	return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffUL) << 12 | (major & ~0xfffUL) << 32;
}

static int identify(int dir, const char *path, long flags, uint64_t *to, int as_stat)
{
	struct statx s;

	if (syslayer_sys(__NR_statx, dir, path, flags, STATX_BASIC_STATS, &s))
		return -1;
	to[0] = as_stat ? device(s.stx_dev_major, s.stx_dev_minor)
	                : (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
	to[1] = s.stx_ino;
	to[2] = s.stx_size;
	to[3] = nanoseconds(&s.stx_mtime);
	to[4] = nanoseconds(&s.stx_ctime);
	return 0;
}

/* By the program's own eyes: that spares the other one the way through /proc. */
void syslayer_say_place(uint64_t *place)
{
	struct statx s;

	if (syslayer_sys(__NR_statx, AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &s) ||
	    !(s.stx_mask & STATX_MNT_ID))
		return;
	place[0] = s.stx_mnt_id;
	place[1] = (uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor;
	place[2] = s.stx_ino;
	identify(AT_FDCWD, "/etc/ld.so.cache", 0, place + 3, 0);
}

static int find(struct syslayer_settled *p, int dir, const char *path, long flags,
                const struct syslayer_search *s)
{
	uint64_t said[8] = {0};

	if (identify(dir, path, flags, p->file, 1))
		return -1;
	syslayer_say_place(said);
	if (!said[0])
		return -1;
	memcpy(p->root, said, sizeof p->root);
	memcpy(p->libraries, said + 3, sizeof p->libraries);
	p->search = s ? syslayer_search(s->text, s->size) : SYSLAYER_SEARCH_NONE;
	p->user = (uint64_t)syslayer_sys(__NR_geteuid) << 32 | (uint64_t)syslayer_sys(__NR_getegid);
	p->hash = syslayer_settled_hash(p);
	return 0;
}

static long open_table(void)
{
	char name[512];
	struct syslayer_text t;

	syslayer_text_init(&t, name, sizeof name - 1);
	syslayer_puts(&t, syslayer_cache);
	syslayer_puts(&t, "/" SYSLAYER_RUN_SETTLED "/");
	if (t.end - t.at < SYSLAYER_RUN_PART)
		return -1;
	syslayer_put(&t, syslayer_broker, SYSLAYER_RUN_PART);
	*t.at = 0;
	return syslayer_sys(__NR_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
}

int syslayer_is_settled(int dir, const char *path, long flags, const struct syslayer_search *s)
{
	struct syslayer_settled place, bucket[SYSLAYER_BUCKET];
	long fd, n;

	if (!syslayer_cache || find(&place, dir, path, flags, s))
		return 0;
	fd = open_table();
	if (fd < 0)
		return 0;
	n = syslayer_sys(__NR_pread64, fd, bucket, sizeof bucket,
	                 place.hash % SYSLAYER_BUCKETS * sizeof bucket);
	syslayer_sys(__NR_close, fd);
	for (long i = 0; i < n / (long)sizeof *bucket; i++)
		if (!memcmp(bucket + i, &place, sizeof place))
			return 1;
	return 0;
}
