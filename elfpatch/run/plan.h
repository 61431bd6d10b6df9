/* SPDX-License-Identifier: BSD-2-Clause */
/* What has to stand where for a program: found once, kept in the cache, and checked at each start. */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "cache.h"
#include "closure.h"

struct plan {
	struct item {
		struct identity source, made;
		const char *path;
		enum role role;
		enum outcome outcome; /* 0: only watched */
	} * item;
	size_t count, room;
	void *bytes;        /* of the file that the paths are in */
	struct paths paths; /* or what they are of */
};

/* What plans are for. */
struct wanted {
	const char *program; /* its absolute path */
	char *const *also;   /* other programs, and folders of such, absolute */
	size_t count;        /* of them */
};

/* The plan of the program in this environment. Returns 0, or -1: there is none. */
int plan_load(struct plan *p, const struct cache *c, const struct wanted *w);
/* Whether all is as it was. */
bool plan_is_fresh(const struct plan *p, const struct cache *c);
void plan_free(struct plan *p);

/* With LOCK_EX. Returns 0 or -1. */
int plan_save(const struct plan *p, const struct cache *c, const struct wanted *w, struct error *e);

/* make-plan.c: find everything out, and keep it. With LOCK_EX. Returns 0 or -1. */
int plan_make(struct plan *p, struct cache *c, const struct wanted *w, struct error *e);

#endif
