/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files need nothing more, and where. */
#ifndef RUN_SETTLED_H
#define RUN_SETTLED_H

#include <string.h>
#include "broker.h"

/* struct syslayer_settled, with names; libraries: /etc/ld.so.cache. */
struct place {
	struct identity file, libraries;
	uint64_t mounts, root_device, root, search, user, hash;
};
_Static_assert(sizeof(struct place) == sizeof(struct syslayer_settled), "no padding");
/* Returns 0, or -1: it cannot be told. */
int place_of(const struct request *r, struct place *p);
static inline bool same_place(const struct place *a, const struct place *b)
{
	return !memcmp(a, b, sizeof *a);
}

bool is_settled(const struct place *p);
void settle_place(const struct place *p);
/* Something that was in place is so no more: all is looked at anew, and more closely from now on. */
void settle_none(void);
/* Whether nothing need be done for it, as far as the cache tells at once. */
bool settles(struct cache *c, const struct request *r, const struct place *p);

/* settled-file.c: what is settled, for those who would ask. name: of the file. */
void show_settled(const struct cache *c, const char *name, const struct place *p);
void show_none(void);
/* Before this process ends. */
void remove_settled(void);

#endif
