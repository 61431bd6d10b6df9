// SPDX-License-Identifier: BSD-2-Clause
/*
 * What other programs and dlopen(3) would load: the dynamic linkers, and each library that ldconfig(8) has
 * listed. Whoever installs libraries runs ldconfig, which writes its list anew: so that is all there is to
 * be watched.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "cache.h"
#include "closure.h"

#define LIST "/etc/ld.so.cache"

/* glibc, sysdeps/generic/dl-cache.h */
struct list {
	char magic[20];
	uint32_t count, strings;
	uint8_t flags, padding[3];
	uint32_t extension, unused[3];
};
#define MAGIC "glibc-ld.so.cache1.1"
struct library {
	int32_t flags;
	uint32_t name, path; /* from the start of the file */
	uint32_t version;
	uint64_t hardware;
};
#define FLAG_MASK 0xff00
#define FLAG_X8664 0x0300

static int add_libraries(const char *bytes, size_t size, struct paths *all)
{
	const struct list *list = (const void *)bytes;
	const struct library *l = (const void *)(list + 1);

	if (size < sizeof *list || memcmp(list->magic, MAGIC, sizeof list->magic) != 0 ||
	    list->count > (size - sizeof *list) / sizeof *l)
		return 0;
	for (uint32_t i = 0; i < list->count; i++) {
		if ((l[i].flags & FLAG_MASK) != FLAG_X8664 || l[i].path >= size || bytes[l[i].path] != '/' ||
		    !memchr(bytes + l[i].path, 0, size - l[i].path))
			continue;
		if (paths_add(all, bytes + l[i].path, ROLE_SYSTEM))
			return -1;
	}
	return 0;
}

int system_files(struct paths *all)
{
	static const char *const linkers[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"};
	size_t size;
	char *bytes;
	int result;

	for (size_t i = 0; i < sizeof linkers / sizeof *linkers; i++) {
		struct identity id;

		if (paths_add(all, linkers[i], identify(linkers[i], &id) ? ROLE_WATCHED : ROLE_SYSTEM))
			return -1;
	}
	if (paths_add(all, LIST, ROLE_WATCHED))
		return -1;
	bytes = cache_read(LIST, &size);
	if (!bytes)
		return 0;
	result = add_libraries(bytes, size, all);
	free(bytes);
	return result;
}
