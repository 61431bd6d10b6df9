// SPDX-License-Identifier: BSD-2-Clause
/* Section, runtime and routes for one linked file. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "plugin.h"
#include "sites.h"

void work_begin(struct work *w, const struct command *c, const char *path, struct ahead *a)
{
	struct rewrite_result r;
	struct added added;

	*w = (struct work){.begun = true, .result = -1};
	w->fd = open(path, O_RDWR | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, &w->st)) {
		fail_errno(&w->error, "cannot be opened");
		return;
	}
	if (object_open_mapped(&w->object, w->fd, ahead_take(a, &w->st), (uint64_t)w->st.st_size, &w->error))
		return;
	w->header = w->object.eh;
	w->finished = added_find(&w->object, &added, &w->error);
	if (w->error.status)
		return;
	w->result = w->finished ? 0 : rewrite(&w->object, c->size, c->flags, true, &r, &w->error);
}

/*
 * A file system's clock ticks too seldom to tell by it alone: who has finished the file has changed
 * its ELF header.
 */
bool work_fits(const struct work *w, const char *path)
{
	struct stat st;
	Elf64_Ehdr eh;

	return w->begun && w->fd >= 0 && !stat(path, &st) && st.st_dev == w->st.st_dev &&
	       st.st_ino == w->st.st_ino && st.st_size == w->st.st_size &&
	       st.st_mtim.tv_sec == w->st.st_mtim.tv_sec && st.st_mtim.tv_nsec == w->st.st_mtim.tv_nsec &&
	       pread(w->fd, &eh, sizeof eh, 0) == sizeof eh && !memcmp(&eh, &w->header, sizeof eh);
}

/* The map is for people: a line of ours behind the linker's, in its own layout. */
static void add_to_map(const struct command *c, const struct object *o)
{
	uint64_t address = 0;
	FILE *f;

	for (size_t i = 1; i < o->shnum; i++) /* its name may stand in the tail, its size does not */
		if (o->sh[i].sh_type == SHT_NOBITS && o->sh[i].sh_size == c->size &&
		    o->sh[i].sh_addralign == SYSLAYER_PAGE)
			address = o->sh[i].sh_addr;
	if (!c->map || !strcmp(c->map, "-") || !address || !(f = fopen(c->map, "ae")))
		return;
	if (c->bfd)
		fprintf(f, "\n%-15s 0x%016" PRIx64 " %#10" PRIx64 "\n", SYSLAYER_SECTION, address, c->size);
	else
		fprintf(f, "%16" PRIx64 " %16" PRIx64 " %8" PRIx64 " %5d %s\n", address, address, c->size,
		        SYSLAYER_PAGE, SYSLAYER_SECTION);
	fclose(f);
}

int work_write(struct work *w, const struct command *c)
{
	if (w->result || w->finished)
		return w->result;
	if (object_write(&w->object, w->fd))
		return fail_errno(&w->error, "cannot be written");
	add_to_map(c, &w->object);
	return 0;
}

void work_end(struct work *w)
{
	if (!w->begun)
		return;
	object_close(&w->object);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct work){.fd = -1};
}
