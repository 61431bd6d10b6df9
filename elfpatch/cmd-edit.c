// SPDX-License-Identifier: BSD-2-Clause
/* What the editing verbs have in common: open, edit, save, file by file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "save.h"
#include "task.h"

static int begin(struct save *s, const struct object *o, int fd, const char *file,
                 const struct options *options, struct error *e)
{
	const struct save_options save_options = {.output = options->output, .relink = options->relink};

	if (save_check(o, file, &save_options, e))
		return -1;
	return options->dry_run ? 0 : save_begin(s, o, fd, file, &save_options, e);
}

int edit_file(const struct options *options, const char *file, edit *call, void *context, struct edited *r,
              struct error *e)
{
	struct save s = {.fd = -1};
	struct object o = {0};
	unsigned warnings;
	bool changed = false;
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (in_trees(options) ? O_NOFOLLOW : 0);
	int fd = open(file, flags), result = -1;

	*r = (struct edited){.state = EDIT_UNCHANGED};
	e->status = STATUS_OK;
	if (fd < 0) {
		fail_errno(e, "cannot be opened");
		return e->status;
	}
	if (object_open_fd(&o, fd, e)) {
		r->foreign = e->field;
		goto out;
	}
	warnings = find_warnings(options, fd, &o);
	/* A copy is wanted even of a file that is as it should be. */
	if (options->output && begin(&s, &o, fd, file, options, e))
		goto out;
	if (call(&o, context, &changed, &warnings, e))
		goto out;
	if (changed || options->output) {
		if (!options->output && begin(&s, &o, fd, file, options, e))
			goto out;
		r->warnings = changed ? warnings : 0;
		if (!options->dry_run && save_finish(&s, &o, e))
			goto out;
		r->state = options->dry_run ? EDIT_WOULD : EDIT_DONE;
	}
	e->status = STATUS_OK;
	result = 0;
out:
	save_end(&s);
	object_close(&o);
	close(fd);
	return result ? e->status : STATUS_OK;
}

struct context {
	edit *call;
	void *context;
	const char *done;
};

static int work(const struct options *options, const char *file, void *context, void *result, struct error *e)
{
	const struct context *c = context;

	return edit_file(options, file, c->call, c->context, result, e);
}

static int report(const struct options *options, const char *file, const void *result, const struct error *e,
                  void *context)
{
	const struct context *c = context;
	const struct edited *r = result;

	if (e->status)
		return in_trees(options) && r->foreign ? STATUS_OK : complain(file, e);
	progress_clear();
	if (r->state == EDIT_UNCHANGED && options->verbose)
		printf("%s: unchanged, %s already\n", file, c->done);
	else if (r->state == EDIT_WOULD && !options->quiet)
		printf("%s: would be %s\n", file, c->done);
	else if (r->state == EDIT_DONE && options->verbose)
		printf("%s: %s\n", options->output ? options->output : file, c->done);
	if (!options->quiet)
		print_warnings(file, r->warnings);
	return STATUS_OK;
}

static bool replaced(const void *result)
{
	return ((const struct edited *)result)->state == EDIT_DONE;
}

int edit_files(const struct options *options, char **files, int count, edit *call, void *context,
               const char *done)
{
	struct context c = {call, context, done};

	return each_file(options, files, count,
	                 &(struct task){sizeof(struct edited), work, report, replaced, &c});
}
