// SPDX-License-Identifier: BSD-2-Clause
/* What the editing verbs have in common: open, edit, save, file by file. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cmd.h"
#include "save.h"

static int edit_file(const struct options *options, const char *file, edit *call, void *context,
                     const char *done)
{
	const struct save_options save_options = {.output = options->output, .relink = options->relink};
	struct object o = {0};
	struct error e = {0};
	bool changed = false;
	int result = -1;
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		fail_errno(&e, "cannot be opened");
		return complain(file, &e);
	}
	if (object_open_fd(&o, fd, &e) || call(&o, context, &changed, &e))
		goto out;
	/* A copy is wanted even of a file that is as it should be. */
	if (!changed && !options->output) {
		result = 0;
		if (options->verbose)
			printf("%s: unchanged, %s already\n", file, done);
		goto out;
	}
	if (save_check(&o, file, &save_options, &e))
		goto out;
	if (options->dry_run) {
		result = 0;
		if (!options->quiet)
			printf("%s: would be %s\n", file, done);
		goto out;
	}
	result = save(&o, fd, file, &save_options, &e);
	if (!result && options->verbose)
		printf("%s: %s\n", options->output ? options->output : file, done);
out:
	object_close(&o);
	close(fd);
	return result ? complain(file, &e) : STATUS_OK;
}

int edit_files(const struct options *options, char **files, int count, edit *call, void *context,
               const char *done)
{
	int status = STATUS_OK;

	for (int i = 0; i < count; i++)
		status = worse(status, edit_file(options, files[i], call, context, done));
	return status;
}
