// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program elfpatch. It is static and small, because elfpatch run is to cost next to nothing: when
 * everything that a program needs is in the cache, it becomes that program; for all else it becomes
 * elfpatch-main, which has the engine and the libraries of that.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "run.h"
#include "task.h"

#define MAIN "elfpatch-main"

static char main_path[PATH_MAX];
static char **main_arguments;

/* Beside this one, as in a build tree, or where it is installed. */
static void find_main(void)
{
	ssize_t n = readlink("/proc/self/exe", main_path, sizeof main_path - sizeof MAIN);
	char *slash;

	main_path[n < 0 ? 0 : n] = 0;
	slash = strrchr(main_path, '/');
	if (slash) {
		strcpy(slash + 1, MAIN);
		if (!access(main_path, X_OK))
			return;
	}
	snprintf(main_path, sizeof main_path, "%s", MAIN_DIR "/" MAIN);
}

static _Noreturn void become_main(void)
{
	execv(main_path, main_arguments);
	fprintf(stderr, "elfpatch: %s: %s\n", main_path, strerror(errno));
	exit(STATUS_TROUBLE);
}

/* This one has changed none, and shows no progress. */
void signals_as_they_were(void)
{
}

void progress_clear(void)
{
}

static int load(struct plan *p, struct cache *c, const struct wanted *w, struct error *e)
{
	(void)e;
	cache_lock(c, LOCK_SH);
	if (plan_load(p, c, w) || !plan_is_fresh(p, c))
		become_main();
	return 0;
}

enum { OPT_LAYER = 256, OPT_LAYER_DIR, OPT_ALSO, OPT_EXHAUSTIVE, OPT_NO_NAMESPACE };

static const struct option long_options[] = {
    {"layer", required_argument, NULL, OPT_LAYER},
    {"layer-dir", required_argument, NULL, OPT_LAYER_DIR},
    {"output", required_argument, NULL, 'o'},
    {"also", required_argument, NULL, OPT_ALSO},
    {"exhaustive", no_argument, NULL, OPT_EXHAUSTIVE},
    {"no-namespace", no_argument, NULL, OPT_NO_NAMESPACE},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {0},
};

/* Help, and what is wrong, elfpatch-main knows better. */
static int run(int argc, char **argv)
{
	const char *expressions[argc], *alsos[argc];
	struct options o = {.layer_dir = LAYER_DIR, .expression = expressions, .also = alsos};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+o:e:qv", long_options, NULL)) != -1) {
		switch (option) {
		case 'o':
			if (o.output)
				become_main();
			o.output = optarg;
			break;
		case 'e':
			o.expression[o.expressions++] = optarg;
			break;
		case 'q':
			o.quiet = true;
			break;
		case 'v':
			o.verbose = true;
			break;
		case OPT_LAYER:
			o.layer = optarg;
			break;
		case OPT_LAYER_DIR:
			o.layer_dir = optarg;
			break;
		case OPT_ALSO:
			o.also[o.alsos++] = optarg;
			break;
		case OPT_EXHAUSTIVE:
			o.exhaustive = true;
			break;
		case OPT_NO_NAMESPACE:
			o.no_namespace = true;
			break;
		default:
			become_main();
		}
	}
	if (optind == argc)
		become_main();
	return run_program(&o, argv + optind, main_path, load);
}

int main(int argc, char **argv)
{
	main_arguments = argv;
	find_main();
	if (argc < 3 || strcmp(argv[1], "run") != 0)
		become_main();
	return run(argc - 1, argv + 1);
}
