// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finishes what the linker wrote. It is taken off its path first, worked on under a name
 * that nobody runs, and put back by rename: a kill leaves no half-finished program there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plugin.h"
#include "sites.h"

static char temporary[4096];

void output_before(const struct command *c, struct before *b)
{
	struct stat st;

	*b = (struct before){0};
	if (stat(c->output, &st))
		return;
	*b = (struct before){true,      S_ISREG(st.st_mode), st.st_dev,
	                     st.st_ino, st.st_mtim.tv_sec,   st.st_mtim.tv_nsec};
}

static bool is_unchanged(const struct command *c, const struct before *b)
{
	struct before now;

	output_before(c, &now);
	return !now.regular || (b->exists && now.device == b->device && now.inode == b->inode &&
	                        now.seconds == b->seconds && now.nanoseconds == b->nanoseconds);
}

static void on_signal(int number)
{
	unlink(temporary);
	signal(number, SIG_DFL);
	raise(number);
}

static void complain(const struct command *c, const char *severity, const struct error *e)
{
	fprintf(stderr, "%s: %ssyslayer: %s: ", c->linker, severity, c->output);
	if (e->field)
		fprintf(stderr, "%s", e->field);
	if (e->offset != NO_OFFSET)
		fprintf(stderr, "%sat 0x%" PRIx64, e->field ? " " : "", e->offset);
	fprintf(stderr, "%s%s\n", e->field || e->offset != NO_OFFSET ? ": " : "", e->text);
}

static bool temporary_name(const char *output)
{
	const char *slash = strrchr(output, '/');
	int directory = slash ? (int)(slash - output + 1) : 0;
	/* NAME_MAX is for the whole name. */
	int n = snprintf(temporary, sizeof temporary, "%.*s.%.200s.syslayer-%ld", directory, output,
	                 output + directory, (long)getpid());

	return n > 0 && (size_t)n < sizeof temporary;
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

static int work_on(const struct command *c, int fd, struct error *e)
{
	struct rewrite_result r;
	struct object o;
	int result = object_open_fd(&o, fd, e);

	if (!result)
		result = rewrite(&o, c->size, c->flags, &r, e);
	if (!result && object_write(&o, fd))
		result = fail_errno(e, "cannot be written");
	if (!result)
		add_to_map(c, &o);
	object_close(&o);
	return result;
}

int finish_output(const struct command *c, const struct before *b, unsigned mask)
{
	static const int fatal[] = {SIGHUP, SIGINT, SIGTERM};
	struct error e = {0};
	struct stat st;
	int fd;

	if (is_unchanged(c, b))
		return 0;
	if (!temporary_name(c->output)) {
		fail(&e, STATUS_TROUBLE, NULL, NO_OFFSET, "its name is too long");
		goto failed;
	}
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		if (signal(fatal[i], on_signal) == SIG_IGN)
			signal(fatal[i], SIG_IGN);
	if (rename(c->output, temporary)) {
		fail_errno(&e, "cannot be renamed");
		goto failed;
	}
	fd = open(temporary, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		fail_errno(&e, "cannot be opened");
		goto discard;
	}
	if (work_on(c, fd, &e)) {
		/* What is no program for x86-64 (bitcode, assembly, another machine) stays the linker's. */
		if (e.status != STATUS_UNSUPPORTED && !(e.field && !strcmp(e.field, "e_ident")))
			goto discard;
		complain(c, "warning: ", &e);
	}
	/* Linkers make what they link executable, under the umask; plugin.c took those bits away for a while.
	 */
	if (fchmod(fd, (st.st_mode & 07777) | (0111 & ~mask)) || rename(temporary, c->output)) {
		fail_errno(&e, "cannot be put in place");
		goto discard;
	}
	close(fd);
	return 0;
discard:
	unlink(temporary);
failed:
	complain(c, "error: ", &e);
	return 1;
}
