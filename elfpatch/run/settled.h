/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files need nothing more, and where. */
#ifndef RUN_SETTLED_H
#define RUN_SETTLED_H

#include "broker.h"

/* All that decides about what a program loads, but its own bytes: of files in places that libraries come to.
 */
struct place {
	struct identity file, libraries; /* libraries: /etc/ld.so.cache */
	uint64_t mounts, root_device, root;
	uint64_t search; /* what there is in the environment, 0: nothing */
	uint64_t load;   /* whether it is a library, of which only itself counts */
};
/* Returns 0, or -1: it cannot be told. */
int place_of(const struct request *r, struct place *p);
static inline bool same_place(const struct place *a, const struct place *b)
{
	return same_identity(&a->file, &b->file) && same_identity(&a->libraries, &b->libraries) &&
	       a->mounts == b->mounts && a->root_device == b->root_device && a->root == b->root &&
	       a->search == b->search && a->load == b->load;
}

bool is_settled(const struct place *p);
void settle_place(const struct place *p);
/* Something that was in place is so no more: all is looked at anew, and more closely from now on. */
void settle_none(void);
/* Whether nothing need be done for it, as far as the cache tells at once; then it is settled. */
bool settles(struct cache *c, const struct request *r, const struct place *p);

#endif
