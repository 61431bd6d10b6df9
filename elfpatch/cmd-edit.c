// SPDX-License-Identifier: BSD-2-Clause
/* What the editing verbs have in common: open, edit, save, file by file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cmd.h"
#include "save.h"

int edit_file(const struct options *options, const char *file, edit *call, void *context, struct edited *r)
{
	const struct save_options save_options = {.output = options->output, .relink = options->relink};
	struct error *e = &r->error;
	struct object o = {0};
	unsigned warnings;
	bool changed = false;
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result = -1;

	*r = (struct edited){.state = EDIT_UNCHANGED};
	if (fd < 0) {
		fail_errno(e, "cannot be opened");
		return e->status;
	}
	if (object_open_fd(&o, fd, e))
		goto out;
	warnings = find_warnings(options, fd, &o);
	if (call(&o, context, &changed, e))
		goto out;
	/* A copy is wanted even of a file that is as it should be. */
	if (changed || options->output) {
		if (save_check(&o, file, &save_options, e))
			goto out;
		r->warnings = changed ? warnings : 0;
		if (!options->dry_run && save(&o, fd, file, &save_options, e))
			goto out;
		r->state = options->dry_run ? EDIT_WOULD : EDIT_DONE;
	}
	e->status = STATUS_OK;
	result = 0;
out:
	object_close(&o);
	close(fd);
	return result ? e->status : STATUS_OK;
}

int edit_files(const struct options *options, char **files, int count, edit *call, void *context,
               const char *done)
{
	int status = STATUS_OK;

	for (int i = 0; i < count; i++) {
		const char *file = files[i];
		struct edited r;
		int its = edit_file(options, file, call, context, &r);

		status = worse(status, its);
		if (its) {
			complain(file, &r.error);
			continue;
		}
		if (r.state == EDIT_UNCHANGED && options->verbose)
			printf("%s: unchanged, %s already\n", file, done);
		else if (r.state == EDIT_WOULD && !options->quiet)
			printf("%s: would be %s\n", file, done);
		else if (r.state == EDIT_DONE && options->verbose)
			printf("%s: %s\n", options->output ? options->output : file, done);
		if (!options->quiet)
			print_warnings(file, r.warnings);
	}
	return status;
}
