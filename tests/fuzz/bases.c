// SPDX-License-Identifier: BSD-2-Clause
/* Files that syslayer has been at, made at the start from small programs. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"

struct base bases[BASES];
size_t base_count;

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static unsigned char *copy(const unsigned char *bytes, size_t size)
{
	unsigned char *p = malloc(size);

	if (!p)
		broken("base: no memory");
	return memcpy(p, bytes, size);
}

/* Keep what has become of o, and open that anew. */
static void keep(struct object *o, const struct base *original)
{
	struct error e = {0};
	struct base *b = bases + base_count++;

	if (base_count > BASES || object_settle(o, &e))
		broken("base: %s", e.text);
	b->size = o->size;
	b->bytes = copy(o->data, b->size);
	b->original = original->original;
	b->original_size = original->original_size;
}

static void make(const char *path, bool with_runtime)
{
	struct rewrite_result r;
	struct object o = {0};
	struct error e = {0};
	struct base original;
	struct image im;
	bool changed;

	if (object_open(&o, path, &e))
		broken("base: %s: %s", path, e.text);
	original.original = copy(o.data, o.size);
	original.original_size = o.size;
	if (with_runtime ? rewrite(&o, 0, 0, false, &r, &e)
	                 : reserve(&o, SYSLAYER_SIZE_DEFAULT, 0, &changed, &e))
		broken("base: %s: %s", path, e.text);
	keep(&o, &original);
	if (image_open(&im, NULL, &e) || stamp(&o, &im, SYSLAYER_SIZE_DEFAULT, &changed, &e))
		broken("base: %s: %s", path, e.text);
	keep(&o, &original);
	image_close(&im);
	object_close(&o);
}

void bases_read(void)
{
	const char *directory = getenv("FUZZ_BASES");
	struct dirent **entry;
	char path[4096];
	int count;

	count = directory ? scandir(directory, &entry, not_hidden, alphasort) : 0;
	if (count <= 0)
		broken("FUZZ_BASES names no directory with programs in it");
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, entry[i]->d_name);
		make(path, true);
		if (!i)
			make(path, false);
		free(entry[i]);
	}
	free(entry);
}
