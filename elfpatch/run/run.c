// SPDX-License-Identifier: BSD-2-Clause
/* Starts a program under a layer, with rewritten files in the places of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "broker.h"
#include "find-program.h"
#include "layer.h"
#include "namespace.h"
#include "run.h"

/* As env(1), nohup(1) and shells: a failure of elfpatch is not to be taken for one of the program. */
enum { EXIT_TROUBLE = 125, EXIT_CANNOT = 126, EXIT_MISSING = 127 };

static int trouble(const char *file, const struct error *e)
{
	complain(file, e);
	return EXIT_TROUBLE;
}

static int cannot_start(const char *program, int error)
{
	fprintf(stderr, "elfpatch: %s: %s\n", program, strerror(error));
	return error == ENOENT || error == ENOTDIR ? EXIT_MISSING : EXIT_CANNOT;
}

/* Asked before there is a namespace, in which other users' files have no owner. */
static bool gains_privileges(const char *program)
{
	struct stat st;

	return !stat(program, &st) && ((st.st_mode & S_ISUID && st.st_uid != geteuid()) ||
	                               (st.st_mode & S_ISGID && st.st_gid != getegid()));
}

/* What is lost without one. */
static void no_broker(const struct options *options, const char *program, const struct error *e)
{
	if (!options->quiet)
		complain(program, e);
	broker_announce(NULL);
}

static int start_program(const struct plan *p, struct cache *c, const struct options *options,
                         const char *program, const char *absolute, const char *engine, char **arguments)
{
	struct broker b;
	bool has_broker = false;
	struct command start = {.arguments = arguments};
	struct error e = {.offset = NO_OFFSET};
	bool user = false, privileged = gains_privileges(program);
	int entered = 1;

	if (!options->no_namespace) {
		if (broker_start(&b, c, engine, options->quiet, &e))
			no_broker(options, program, &e);
		else
			has_broker = true;
		entered = namespace_enter(&user, &e);
	}
	if (entered < 0 || (!entered && namespace_mount(p, c, &e))) {
		/* This process is in a namespace already, and no longer fit for the other way. */
		trouble(program, &e);
		fputs("elfpatch: --no-namespace does without\n", stderr);
		return EXIT_TROUBLE;
	}
	snprintf(start.file, sizeof start.file, "%s", program);
	if (entered && !options->no_namespace && !options->quiet) {
		complain(program, &e);
		fputs("elfpatch: so the rewritten dynamic linker is run as a program: /proc/self/exe is "
		      "another file, and the calls of other programs that it starts are not seen\n",
		      stderr);
	}
	if (!entered && has_broker) {
		if (broker_arm(&b, c, &e))
			no_broker(options, program, &e);
		else
			broker_announce(&b);
	} else {
		broker_announce(NULL);
	}
	if (entered && without_namespace(p, c, absolute, arguments, &start, &e))
		return trouble(program, &e);
	if (user && privileged && !options->quiet)
		fprintf(
		    stderr,
		    "elfpatch: %s: set-user-ID or set-group-ID, which has no effect in a user namespace\n",
		    program);
	signals_as_they_were();
	execv(start.file, start.arguments);
	return cannot_start(program, errno);
}

/* A path, or else a name that is in PATH. */
static int find_also(const struct options *options, char **also)
{
	for (unsigned i = 0; i < options->alsos; i++) {
		char path[PATH_MAX];
		int error;

		also[i] = realpath(options->also[i], NULL);
		if (also[i])
			continue;
		error = find_program(options->also[i], path);
		also[i] = error ? NULL : realpath(path, NULL);
		if (!also[i])
			return cannot_start(options->also[i], error ? error : errno);
	}
	return 0;
}

int run_program(const struct options *options, char **files, const char *engine, have_plan *have)
{
	char program[PATH_MAX], absolute[PATH_MAX];
	struct wanted w = {.program = absolute};
	struct error e = {.offset = NO_OFFSET};
	char *also[options->alsos + 1];
	struct cache c;
	struct plan p;
	int error, status;

	error = find_program(files[0], program);
	if (error)
		return cannot_start(files[0], error);
	if (*program == '/')
		memcpy(absolute, program, sizeof absolute);
	else if (!realpath(program, absolute))
		return cannot_start(program, errno);
	if (find_also(options, also))
		return EXIT_TROUBLE;
	w.also = also;
	w.count = options->alsos;
	if (cache_open(&c, engine, &e)) {
		status = trouble(c.directory, &e);
	} else if (have(&p, &c, &w, &e)) {
		status = trouble(absolute, &e);
	} else {
		status = choose_layer(options, engine)
		             ? EXIT_TROUBLE
		             : start_program(&p, &c, options, program, absolute, engine, files);
		plan_free(&p);
	}
	cache_close(&c);
	return status;
}
