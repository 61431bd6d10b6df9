// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finishes what the linker wrote. It is taken off its path first, worked on under a name
 * that nobody runs, and put back by rename: a kill leaves no half-finished program there.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslayer/abi.h>
#include <unistd.h>
#include "plugin.h"

static char temporary[4096];

void output_before(const struct command *c, struct before *b)
{
	struct stat st;

	*b = (struct before){.exists = false};
	if (stat(c->output, &st))
		return;
	*b = (struct before){
	    .exists = true,
	    .regular = S_ISREG(st.st_mode),
	    .mode = st.st_mode,
	    .device = st.st_dev,
	    .inode = st.st_ino,
	    .changed = st.st_ctim,
	};
}

/* The mode counts: a file system's clock ticks too seldom for two quick links on one inode number. */
bool output_unchanged(const struct command *c, const struct before *b)
{
	struct before now;

	output_before(c, &now);
	return !now.regular ||
	       (b->exists && now.device == b->device && now.inode == b->inode && now.mode == b->mode &&
	        now.changed.tv_sec == b->changed.tv_sec && now.changed.tv_nsec == b->changed.tv_nsec);
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

/* The engine is fed what a linker wrote; should it crash all the same, nothing of its work remains. */
static void catch_signals(void)
{
	static const int fatal[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGXCPU,
	                            SIGXFSZ, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,  SIGSEGV};

	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		if (signal(fatal[i], on_signal) == SIG_IGN)
			signal(fatal[i], SIG_IGN);
}

/* Linkers make what they link executable, under the umask; plugin.c took those bits away for a while. */
static mode_t final_mode(mode_t mode, mode_t mask)
{
	return (mode & 07777) | (0111 & ~mask);
}

int finish_output(const struct command *c, const struct before *b, struct work *w, mode_t mask)
{
	struct error *e = &w->error;
	const char *path = temporary;
	bool foreign = false;

	if (output_unchanged(c, b))
		return 0;
	if (!temporary_name(c->output)) {
		fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "its name is too long");
		goto failed;
	}
	catch_signals();
	if (rename(c->output, temporary)) {
		/* A directory that lets no file come or go, and a file that the linker wrote in place. */
		if (errno != EACCES && errno != EPERM && errno != EBUSY) {
			fail_errno(e, "cannot be renamed");
			goto failed;
		}
		path = c->output;
	}
	if (!work_fits(w, path)) {
		work_end(w);
		work_begin(w, c, path, &(struct ahead){.data = NULL});
	}
	if (work_write(w, c)) {
		if (w->fd < 0)
			goto discard;
		/* Bitcode, assembly, S-records: not ELF, and nobody expects a layer there. */
		foreign = e->field && !strcmp(e->field, "e_ident");
		/* Who requires a layer does not want a program that runs without. */
		if (!foreign && (e->status != STATUS_UNSUPPORTED || c->flags & SYSLAYER_NOTE_REQUIRED))
			goto discard;
		if (!foreign)
			complain(c, "warning: ", e);
	}
	/* lld makes executable what is ELF, GNU ld all of it. */
	if (fchmod(w->fd, foreign && !c->bfd ? w->st.st_mode & 07777 : final_mode(w->st.st_mode, mask))) {
		fail_errno(e, "cannot be made executable");
		goto discard;
	}
	/* Before the rename: who finds it may run it, and what is open for writing cannot be run. */
	close(w->fd);
	w->fd = -1;
	if (path == temporary && rename(temporary, c->output)) {
		fail_errno(e, "cannot be put in place");
		goto discard;
	}
	return 0;
discard:
	unlink(path);
failed:
	complain(c, "error: ", e);
	return 1;
}

void leave_output(const struct command *c, const struct before *b, mode_t mask)
{
	struct stat st;

	if (!output_unchanged(c, b) && !stat(c->output, &st))
		chmod(c->output, final_mode(st.st_mode, mask));
}
