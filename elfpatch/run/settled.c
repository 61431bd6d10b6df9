// SPDX-License-Identifier: BSD-2-Clause
/* Files that have been looked at during this run. */
#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "closure.h"
#include "settled.h"

#define ROOM 8192 /* a power of two; half of it is used */

static struct place *table;
static size_t count;
static bool is_doubtful; /* whether what was in place at the start is so */

static bool is_load(const struct request *r)
{
	return r->what == SYSLAYER_ASK_LOAD;
}

/* Where the kernel does not tell a process its mount (before Linux 5.8). */
static int look_at_process(const struct request *r, struct place *p)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)r->pid);
	if (stat(path, &st))
		return -1;
	p->mounts = st.st_ino;
	snprintf(path, sizeof path, "/proc/%d/root", (int)r->pid);
	if (stat(path, &st))
		return -1;
	p->root_device = st.st_dev;
	p->root = st.st_ino;
	snprintf(path, sizeof path, "/proc/%d/root/etc/ld.so.cache", (int)r->pid);
	identify(path, &p->libraries);
	return 0;
}

int place_of(const struct request *r, struct place *p)
{
	const uint64_t *said = r->place;
	char path[64];
	struct stat st;

	*p = (struct place){0};
	/* What the kernel will refuse. */
	if (fstat(r->file, &st) || !S_ISREG(st.st_mode) || (!is_load(r) && !(st.st_mode & 0111)))
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", r->file);
	if (identify(path, &p->file))
		return -1;
	if (said[0]) {
		p->mounts = said[0];
		p->root_device = said[1];
		p->root = said[2];
		p->libraries =
		    (struct identity){said[3], said[4], said[5], (int64_t)said[6], (int64_t)said[7]};
	} else if (look_at_process(r, p)) {
		return -1;
	}
	p->search = is_load(r) ? SYSLAYER_SEARCH_NONE : syslayer_search(r->search, r->search_size);
	p->user = (uint64_t)r->user << 32 | r->group;
	p->hash = syslayer_settled_hash((const struct syslayer_settled *)p);
	return 0;
}

static struct place *find(const struct place *p)
{
	size_t i = p->hash;

	if (!table)
		table = calloc(ROOM, sizeof *table);
	if (!table)
		return NULL;
	while (table[i %= ROOM].mounts && !same_place(table + i, p))
		i++;
	return table + i;
}

bool is_settled(const struct place *p)
{
	const struct place *found = find(p);

	return found && found->mounts;
}

void settle_place(const struct place *p)
{
	struct place *found = find(p);

	if (!found || found->mounts)
		return;
	if (count == ROOM / 2) {
		memset(table, 0, ROOM * sizeof *table);
		count = 0;
		found = find(p);
	}
	*found = *p;
	count++;
}

void settle_none(void)
{
	if (table)
		memset(table, 0, ROOM * sizeof *table);
	count = 0;
	is_doubtful = true;
	show_none();
}

/* It has no system call left that could be routed. */
static bool is_done(struct cache *c, const struct identity *id)
{
	const struct known *k = known_find(c, id);

	return k ? k->outcome == OUTCOME_NOTHING : known_made(c, id);
}

/* What is at a path there, links as they lead there. */
static int identify_in(const struct request *r, const char *path, struct identity *id)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	char name[64];
	int root, fd, result;

	snprintf(name, sizeof name, "/proc/%d/root", (int)r->pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
	close(root);
	if (fd < 0)
		return -1;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	result = identify(name, id);
	close(fd);
	return result;
}

static bool is_dynamic_and_plain(struct cache *c, const struct request *r, int fd, const struct start *s)
{
	struct identity id;

	if (is_doubtful || has_own_search(fd))
		return false;
	/* Where this one is in place, the libraries of the system are. */
	return *s->interpreter == '/' && !identify_in(r, s->interpreter, &id) && known_made(c, &id);
}

bool settles(struct cache *c, const struct request *r, const struct place *p)
{
	char path[64];
	struct start s;
	bool result;
	int fd;

	if (p->search && !is_load(r))
		return false;
	if (!is_done(c, &p->file)) {
		/* Others, and jobs, add to the cache. */
		known_forget(c);
		if (!is_done(c, &p->file))
			return false;
	}
	if (is_load(r))
		return true;
	snprintf(path, sizeof path, "/proc/self/fd/%d", r->file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return false;
	find_start_fd(fd, &s);
	result = s.kind == START_STATIC || (s.kind == START_DYNAMIC && is_dynamic_and_plain(c, r, fd, &s));
	close(fd);
	return result;
}
