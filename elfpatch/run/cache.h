/* SPDX-License-Identifier: BSD-2-Clause */
/* The rewritten files that elfpatch run keeps for each user. */
#ifndef RUN_CACHE_H
#define RUN_CACHE_H

#include <limits.h>
#include "cmd.h"

/*
 * What tells whether a file is still the one that it was. A new file of the name has another inode; bytes
 * that are written in place change the time of change, which nobody can set, as they can the time of
 * modification (cp -p, touch, package managers). All zeros: there is no such file.
 */
struct identity {
	uint64_t device, inode, size;
	int64_t modified, changed; /* nanoseconds since the epoch */
};
static inline bool same_identity(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified == b->modified && a->changed == b->changed;
}
/* identity.c: returns 0 or -1 with errno; then *id is all zeros. */
int identify(const char *path, struct identity *id);
/* The same of a file that is to be read now: waits until a later write would show. */
int identify_settled(const char *path, struct identity *id);

/* Of a source: what rewriting it came to. */
struct known {
	struct identity source, made; /* made: of the rewritten file, which is named after source */
	enum outcome {
		OUTCOME_REWRITTEN = 1,
		OUTCOME_NOTHING, /* no system call that could be routed, or no program */
		OUTCOME_LEFT,    /* the engine, or file permissions, do not allow it */
	} outcome;
};

struct cache {
	char directory[PATH_MAX];
	int fd;              /* of the directory; what is locked */
	struct known *known; /* of the file "known", when it was read */
	size_t count;        /* of them */
	bool read, changed;  /* whether they were; whether they are to be written */
	uint64_t engine;     /* tells this elfpatch from others, which would rewrite otherwise */
};

/*
 * cache.c: opens the user's cache, makes it if need be. engine: the elfpatch that rewrites. Returns 0 or -1;
 * cache_close() in both cases.
 */
int cache_open(struct cache *c, const char *engine, struct error *e);
void cache_close(struct cache *c);
/* LOCK_SH while rewritten files are being used by their names, LOCK_EX to change anything. */
void cache_lock(struct cache *c, int operation);
/* The names of what is in it, of PATH_MAX bytes. Returns 0 or -1 (too long). */
int cache_path(const struct cache *c, const char *folder, uint64_t name, char *path);
int cache_file(const struct cache *c, const struct identity *source, char *path);

/* 64-bit FNV-1a, going on from h. */
uint64_t cache_hash(uint64_t h, const void *bytes, size_t size);
/* A checksum, eight bytes at a time. */
uint64_t cache_sum(const void *bytes, size_t size);
/* Replaces a file of the cache by these bytes. Returns 0 or -1 with errno. */
int cache_write(const char *path, const void *bytes, size_t size);
/* Its bytes, to be freed, or NULL. */
void *cache_read(const char *path, size_t *size);

/* known.c: with the lock, but what only looks. */
const struct known *known_find(struct cache *c, const struct identity *source);
/* Whether this is a rewritten file of the cache. */
bool known_made(struct cache *c, const struct identity *made);
/* Read it anew when it is needed next. */
void known_forget(struct cache *c);
int known_add(struct cache *c, const struct known *k, struct error *e);
int known_save(struct cache *c, struct error *e);
/* Forget all. */
int known_clear(struct cache *c, struct error *e);

/* fill.c: with LOCK_EX: have the file rewritten. why: for OUTCOME_LEFT. Returns 0, or -1: the cache fails. */
int cache_fill(struct cache *c, const char *path, struct known *k, struct error *why, struct error *e);

/* trim.c: with LOCK_EX. */
struct cache_size {
	uint64_t bytes, files;
};
/* Bytes that it may have: SYSLAYER_CACHE_SIZE, or 512 MiB. */
uint64_t cache_limit(void);
/* What has not been used for longest goes, until limit bytes are left; used: what stays, names. */
int cache_trim(struct cache *c, uint64_t limit, const uint64_t *used, size_t count, struct cache_size *left,
               struct error *e);

#endif
