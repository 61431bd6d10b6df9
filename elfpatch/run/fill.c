// SPDX-License-Identifier: BSD-2-Clause
/* Rewrites a file into the cache, unless that has been done. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "cache.h"
#include "save.h"
#include "sites.h"

/* Whether what was made is there, and nobody has touched it. */
static bool is_whole(const struct cache *c, const struct known *k)
{
	struct identity now;
	char path[PATH_MAX];

	return k->outcome != OUTCOME_REWRITTEN ||
	       (!cache_file(c, &k->source, path) && !identify(path, &now) && same_identity(&now, &k->made));
}

/* A copy that has not the owner's rights is no copy. */
static int check_rights(const struct object *o, int fd, struct error *why)
{
	if (geteuid() && o->st.st_mode & (S_ISUID | S_ISGID) && o->st.st_uid != geteuid())
		return fail(why, STATUS_UNSUPPORTED, "st_mode", NO_OFFSET,
		            "it has system calls of its own, and is another user's set-user-ID or "
		            "set-group-ID program");
	if (geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return fail(why, STATUS_UNSUPPORTED, "security.capability", NO_OFFSET,
		            "it has system calls of its own, and file capabilities");
	return 0;
}

/* Before anything speaks of it, its bytes are on the disk: times and size would tell nothing after a crash.
 */
static int settle(const char *path, struct identity *made)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	close(fd);
	return result || identify(path, made) ? -1 : 0;
}

static int save(const struct cache *c, struct object *o, int fd, const char *source, struct known *k,
                struct error *e)
{
	char path[PATH_MAX];
	const struct save_options options = {.output = path};
	struct save s = {.fd = -1};
	int result = -1;

	if (cache_file(c, &k->source, path))
		return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "its name is too long");
	if (!save_begin(&s, o, fd, source, &options, e) && !save_finish(&s, o, e))
		result = settle(path, &k->made) ? fail_errno(e, "the cache cannot be written") : 0;
	save_end(&s);
	return result;
}

static int work(const struct cache *c, const char *path, struct known *k, struct error *why, struct error *e)
{
	struct rewrite_result r;
	struct object o = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result = 0;

	k->outcome = OUTCOME_LEFT;
	if (fd < 0) {
		fail_errno(why, "its system calls are not seen, it cannot be read");
		return 0;
	}
	if (object_open_fd(&o, fd, why)) {
		/* By its contents no program. */
		k->outcome = why->field ? OUTCOME_NOTHING : OUTCOME_LEFT;
	} else if (!rewrite(&o, 0, 0, false, &r, why)) {
		k->outcome = OUTCOME_NOTHING;
		if (r.state == REWRITE_DONE && !check_rights(&o, fd, why)) {
			k->outcome = OUTCOME_REWRITTEN;
			result = save(c, &o, fd, path, k, e);
		} else if (r.state == REWRITE_DONE) {
			k->outcome = OUTCOME_LEFT;
		}
	}
	object_close(&o);
	close(fd);
	return result;
}

int cache_fill(struct cache *c, const char *path, struct known *k, struct error *why, struct error *e)
{
	struct identity after;
	const struct known *old;

	*why = (struct error){.offset = NO_OFFSET};
	*k = (struct known){0};
	for (unsigned i = 0; i < 10; i++) {
		if (identify_settled(path, &k->source)) {
			fail_errno(why, "its system calls are not seen");
			k->outcome = OUTCOME_LEFT;
			return 0;
		}
		old = known_find(c, &k->source);
		if (old && old->outcome != OUTCOME_LEFT && is_whole(c, old)) {
			*k = *old;
			return 0;
		}
		if (work(c, path, k, why, e))
			return -1;
		if (!identify(path, &after) && same_identity(&after, &k->source))
			return k->outcome == OUTCOME_LEFT ? 0 : known_add(c, k, e);
	}
	return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "it changes all the time");
}
