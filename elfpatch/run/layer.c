// SPDX-License-Identifier: BSD-2-Clause
/* The layer of a program and its children, by the environment. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslayer/image.h>
#include <unistd.h>
#include "layer.h"

static int trouble(const char *file, const char *text)
{
	struct error e;

	fail_errno(&e, "%s", text);
	complain(file, &e);
	return -1;
}

/* By the rule by which programs will take it. */
static int check_image(const char *path)
{
	const struct syslayer_note note = {
	    .machine = EM_X86_64,
	    .size = SYSLAYER_SIZE_DEFAULT,
	    .slot_size = SYSLAYER_SLOT_SIZE,
	    .slot_count = SYSLAYER_SLOT_COUNT,
	    .abi_version = SYSLAYER_ABI_VERSION,
	    .abi = SYSLAYER_ABI_LINUX_X86_64,
	};
	char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8))) = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *why;
	struct error e;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return trouble(path, "the layer cannot be opened");
	n = pread(fd, head, sizeof head, 0);
	if (n < 0 || fstat(fd, &st)) {
		close(fd);
		return trouble(path, "the layer cannot be read");
	}
	close(fd);
	why = syslayer_image_check(head, (uint64_t)st.st_size, &note);
	if (!why)
		return 0;
	fail(&e, STATUS_TROUBLE, NULL, NO_OFFSET, "%s", why);
	complain(path, &e);
	return -1;
}

/*
 * The layers that add nothing to the calls of a program: one follows it from exec to exec, the other catches
 * calls from elsewhere, too. They are in the directory of layers, or beside the elfpatch that rewrites.
 * Without the first one the program's own stubs will do.
 */
static int choose_native(const struct options *options, const char *engine)
{
	const char *name = options->exhaustive ? "exhaustive.img" : "native-run.img";
	char path[PATH_MAX], absolute[PATH_MAX];
	char *slash;

	snprintf(path, sizeof path, "%s/%s", options->layer_dir, name);
	if (access(path, R_OK) && realpath(engine, path)) {
		slash = strrchr(path, '/');
		snprintf(slash + 1, sizeof path - (size_t)(slash + 1 - path), "%s", name);
	}
	if (access(path, R_OK) || !realpath(path, absolute)) {
		if (options->exhaustive)
			return trouble(path, "the layer cannot be opened");
		/* A name that nothing has leads to them, whatever the system's default is. */
		return setenv("SYSLAYER_IMAGE", "/" IMAGE_NATIVE, 1);
	}
	return check_image(absolute) ? -1 : setenv("SYSLAYER_IMAGE", absolute, 1);
}

/* The path of an image, for the program may change its directory. */
static int choose_image(const struct options *options, const char *engine)
{
	char buffer[PATH_MAX], absolute[PATH_MAX];
	const char *path;

	if (!options->layer && getenv("SYSLAYER_IMAGE"))
		return 0;
	path = options->layer ? layer_path(options, options->layer, buffer, sizeof buffer) : NULL;
	if (!path)
		return choose_native(options, engine);
	if (check_image(path))
		return -1;
	if (!realpath(path, absolute))
		return trouble(path, "the layer");
	return setenv("SYSLAYER_IMAGE", absolute, 1);
}

/* What strace -o does: a file of this run alone; but a name with a % is a pattern of the layer's. */
static int choose_output(const char *output)
{
	char directory[PATH_MAX];
	char *absolute;
	int result, fd;

	if (!strchr(output, '%')) {
		fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
		/* ENXIO: a FIFO that nobody reads yet. */
		if (fd < 0 && errno != ENXIO)
			return trouble(output, "cannot be written");
		if (fd >= 0)
			close(fd);
	}
	if (*output == '/')
		return setenv("SYSLAYER_OUTPUT", output, 1);
	if (!getcwd(directory, sizeof directory) || asprintf(&absolute, "%s/%s", directory, output) < 0)
		return trouble(output, "cannot be named");
	result = setenv("SYSLAYER_OUTPUT", absolute, 1);
	free(absolute);
	return result;
}

/* trace=SET or SET, and inject=FAULTS, as the layers take them, behind what is there. */
static int choose_expression(const char *expression)
{
	bool inject = !strncmp(expression, "inject=", 7);
	const char *name = inject ? "SYSLAYER_INJECT" : "SYSLAYER_TRACE", *old = getenv(name);
	char *all;
	int result;

	if (asprintf(&all, "%s%s%s%s", old ? old : "", old ? " " : "", inject ? "" : "-e ",
	             inject ? expression + 7 : expression) < 0)
		return -1;
	result = setenv(name, all, 1);
	free(all);
	return result;
}

int choose_layer(const struct options *options, const char *engine)
{
	/* What is there already may say more. */
	if (options->exhaustive && setenv("SYSLAYER_EXHAUSTIVE", "1", 0))
		return trouble("SYSLAYER_EXHAUSTIVE", "cannot be handed on");
	if (choose_image(options, engine))
		return -1;
	if (options->output && choose_output(options->output))
		return -1;
	for (unsigned i = 0; i < options->expressions; i++)
		if (choose_expression(options->expression[i]))
			return trouble(options->expression[i], "cannot be handed on");
	return 0;
}
