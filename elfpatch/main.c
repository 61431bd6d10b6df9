// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch(1): reads the command line, calls the verb. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"
#include "run/broker.h"
#include "run/serve.h"
#include "save.h"
#include "task.h"

/* Which options a verb takes. */
enum {
	EDITS = 1 << 0, /* -o, -i, --hardlinks, --dry-run */
	SIZE = 1 << 1,
	IMAGE = 1 << 2,
	JSON = 1 << 3,
	SITES = 1 << 4,
	RECURSIVE = 1 << 5,
	NO_FILES = 1 << 6,
	PROGRAM = 1 << 7, /* operands are a command */
	CLEAR = 1 << 8,
};

static const struct verb {
	const char *name;
	command *call;
	unsigned takes;
	const char *usage, *about;
} verbs[] = {
    {"reserve", cmd_reserve, EDITS | SIZE, "-o OUT | -i [--size=BYTES] [--require] FILE...",
     "add an empty section .syscalls, nothing else"},
    {"rewrite", cmd_rewrite, EDITS | SIZE | JSON | RECURSIVE,
     "-o OUT | -i [-r | --files0-from=LIST] [--size=BYTES] [--require] [--json] PATH...",
     "route the system calls of a program through a section"},
    {"stamp", cmd_stamp, EDITS | IMAGE, "-o OUT | -i [--image=FILE|LAYER] FILE...",
     "put the stubs of an image into the section"},
    {"unstamp", cmd_unstamp, EDITS, "-o OUT | -i FILE...", "take them out again"},
    {"restore", cmd_restore, EDITS | RECURSIVE, "-o OUT | -i [-r | --files0-from=LIST] PATH...",
     "give the file back that was rewritten"},
    {"inspect", cmd_inspect, JSON | SITES, "[--json] [--sites] FILE...", "show what a file has"},
    {"verify", cmd_verify, JSON | RECURSIVE, "[-r | --files0-from=LIST] [--json] PATH...",
     "check every byte that syslayer added or changed"},
    {"layers", cmd_layers, JSON | NO_FILES | IMAGE, "[--json] [--layer-dir=DIR]",
     "list the layers that are installed"},
    {"run", cmd_run, PROGRAM, "[--layer=LAYER|FILE] [-o FILE] [-e EXPR] [--] PROGRAM [ARG...]",
     "run a program, with its libraries and children, under a layer"},
    {"cache", cmd_cache, NO_FILES | CLEAR, "[--clear]", "show or clear what run has kept"},
};
#define VERBS (sizeof verbs / sizeof *verbs)

enum {
	OPT_SIZE = 256,
	OPT_IMAGE,
	OPT_LAYER_DIR,
	OPT_REQUIRE,
	OPT_HARDLINKS,
	OPT_DRY_RUN,
	OPT_JSON,
	OPT_SITES,
	OPT_FILES0_FROM,
	OPT_LAYER,
	OPT_ALSO,
	OPT_NO_NAMESPACE,
	OPT_EXHAUSTIVE,
	OPT_CLEAR,
	OPT_HELP
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"in-place", no_argument, NULL, 'i'},
    {"size", required_argument, NULL, OPT_SIZE},
    {"image", required_argument, NULL, OPT_IMAGE},
    {"layer-dir", required_argument, NULL, OPT_LAYER_DIR},
    {"require", no_argument, NULL, OPT_REQUIRE},
    {"hardlinks", required_argument, NULL, OPT_HARDLINKS},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"json", no_argument, NULL, OPT_JSON},
    {"sites", no_argument, NULL, OPT_SITES},
    {"recursive", no_argument, NULL, 'r'},
    {"files0-from", required_argument, NULL, OPT_FILES0_FROM},
    {"jobs", required_argument, NULL, 'j'},
    {"layer", required_argument, NULL, OPT_LAYER},
    {"also", required_argument, NULL, OPT_ALSO},
    {"no-namespace", no_argument, NULL, OPT_NO_NAMESPACE},
    {"exhaustive", no_argument, NULL, OPT_EXHAUSTIVE},
    {"clear", no_argument, NULL, OPT_CLEAR},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

#define JOBS_MAX 1024

static int bad_usage(const struct verb *verb, const char *what, const char *which)
{
	if (what)
		fprintf(stderr, "elfpatch: %s%s%s\n", which ? which : "", which ? ": " : "", what);
	fprintf(stderr, "Try 'elfpatch %s%s--help'.\n", verb ? verb->name : "", verb ? " " : "");
	return STATUS_TROUBLE;
}

static int help(const struct verb *verb)
{
	if (verb) {
		printf("usage: elfpatch %s %s\n\n%s.\n\n", verb->name, verb->usage, verb->about);
		if (verb->takes & EDITS)
			puts("  -o, --output=OUT        write to OUT (one FILE only)\n"
			     "  -i, --in-place          replace FILE; one of -o and -i is needed\n"
			     "      --hardlinks=HOW     a FILE with several names, in place: refuse "
			     "(default)\n"
			     "                          or relink, and the other names keep the old bytes\n"
			     "      --dry-run           write nothing, say what would be done");
		if (verb->takes & SIZE)
			puts("      --size=BYTES        of the section; K and M may follow (default 1M)\n"
			     "      --require           the program is not to start without an image file");
		if (verb->takes & IMAGE && verb->takes & EDITS)
			puts("      --image=FILE|LAYER  the image, by its path or its layer's name (default "
			     "native)");
		if (verb->takes & PROGRAM)
			puts("      --layer=LAYER|FILE  the layer (default: that of SYSLAYER_IMAGE, or "
			     "native)\n"
			     "  -o, --output=FILE       where the layer writes to (SYSLAYER_OUTPUT)\n"
			     "  -e EXPR                 trace=SET, inject=FAULTS: of trace and inject\n"
			     "      --also=PATH         a program that it will start, or a folder of such\n"
			     "      --exhaustive        catch the calls of code that is not rewritten, too\n"
			     "      --no-namespace      without mounts: run the rewritten dynamic linker");
		if (verb->takes & CLEAR)
			puts("      --clear             remove all that run has kept");
		if (verb->takes & (IMAGE | PROGRAM))
			puts("      --layer-dir=DIR     where layers are (default " LAYER_DIR ")");
		if (verb->takes & JSON)
			puts("      --json              output as JSON");
		if (verb->takes & SITES)
			puts("      --sites             each system call instruction");
		if (verb->takes & RECURSIVE)
			puts("  -r, --recursive         the programs and libraries in directories, in "
			     "parallel\n"
			     "      --files0-from=LIST  those of a list, as of find -print0; - is standard "
			     "input\n"
			     "  -j, --jobs=N            processes for that (default: as many as there are "
			     "cores)");
		puts("  -q, --quiet             errors only\n"
		     "  -v, --verbose           say what is done\n"
		     "      --help              this text");
		return STATUS_OK;
	}
	puts("usage: elfpatch VERB [OPTION...] [FILE...]\n       elfpatch --help | --version\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-10s%s\n", verbs[i].name, verbs[i].about);
	puts("\n'elfpatch VERB --help' tells more, elfpatch(1) all.");
	return STATUS_OK;
}

bool parse_size(const char *text, uint64_t *size)
{
	char *end;
	unsigned shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*size = strtoull(text, &end, 0);
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	else if (*end == 'G' || *end == 'g')
		shift = 30;
	if (errno || !*size || end[!!shift] || *size > UINT64_MAX >> shift)
		return false;
	*size <<= shift;
	return true;
}

/* Which verbs an option belongs to; 0: all. */
static unsigned belongs_to(int option)
{
	switch (option) {
	case 'o':
		return EDITS | PROGRAM;
	case 'i':
	case OPT_HARDLINKS:
	case OPT_DRY_RUN:
		return EDITS;
	case OPT_SIZE:
	case OPT_REQUIRE:
		return SIZE;
	case OPT_IMAGE:
		return IMAGE;
	case OPT_LAYER_DIR:
		return IMAGE | PROGRAM;
	case 'e':
	case OPT_LAYER:
	case OPT_ALSO:
	case OPT_EXHAUSTIVE:
	case OPT_NO_NAMESPACE:
		return PROGRAM;
	case OPT_CLEAR:
		return CLEAR;
	case OPT_JSON:
		return JSON;
	case OPT_SITES:
		return SITES;
	case 'r':
	case 'j':
	case OPT_FILES0_FROM:
		return RECURSIVE;
	default:
		return 0;
	}
}

/* Returns an exit status when that is all, else -1. */
static int set_option(struct options *o, const struct verb *verb, int option)
{
	switch (option) {
	case 'o':
		if (o->output)
			return bad_usage(verb, "given twice", "--output");
		o->output = optarg;
		break;
	case 'i':
		o->in_place = true;
		break;
	case 'q':
		o->quiet = true;
		break;
	case 'v':
		o->verbose = true;
		break;
	case 'r':
		o->recursive = true;
		break;
	case OPT_FILES0_FROM:
		o->files0_from = optarg;
		break;
	case 'j':
		o->jobs = (unsigned)atoi(optarg);
		if (!o->jobs || o->jobs > JOBS_MAX)
			return bad_usage(verb, "no number of processes", optarg);
		break;
	case OPT_SIZE:
		if (!parse_size(optarg, &o->size))
			return bad_usage(verb, "not a size", optarg);
		break;
	case OPT_IMAGE:
		o->image = optarg;
		break;
	case OPT_LAYER_DIR:
		o->layer_dir = optarg;
		break;
	case OPT_REQUIRE:
		o->require = true;
		break;
	case OPT_HARDLINKS:
		o->relink = !strcmp(optarg, "relink");
		if (!o->relink && strcmp(optarg, "refuse") != 0)
			return bad_usage(verb, "neither relink nor refuse", optarg);
		break;
	case OPT_DRY_RUN:
		o->dry_run = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_SITES:
		o->sites = true;
		break;
	case OPT_LAYER:
		o->layer = optarg;
		break;
	case 'e':
		o->expression[o->expressions++] = optarg;
		break;
	case OPT_ALSO:
		o->also[o->alsos++] = optarg;
		break;
	case OPT_EXHAUSTIVE:
		o->exhaustive = true;
		break;
	case OPT_NO_NAMESPACE:
		o->no_namespace = true;
		break;
	case OPT_CLEAR:
		o->clear = true;
		break;
	case OPT_HELP:
		return help(verb);
	default:
		return bad_usage(verb, NULL, NULL);
	}
	return -1;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	struct options o = {
	    .image = IMAGE_NATIVE,
	    .layer_dir = LAYER_DIR,
	};
	char name[] = "elfpatch";
	const char *expressions[argc], *alsos[argc];
	int option, status, which = 0;

	argv[0] = name; /* getopt's messages begin with it */
	o.expression = expressions;
	o.also = alsos;
	/* +: options behind a program are the program's. */
	while ((option = getopt_long(argc, argv, verb->takes & PROGRAM ? "+o:e:qv" : "o:iqvrj:", long_options,
	                             &which)) != -1) {
		unsigned takes = belongs_to(option);

		if (takes && !(verb->takes & takes))
			return bad_usage(verb, "no option of this verb", argv[optind - 1]);
		status = set_option(&o, verb, option);
		if (status >= 0)
			return status;
	}
	argc -= optind;
	argv += optind;
	if (verb->takes & NO_FILES && argc)
		return bad_usage(verb, "no operand is expected", argv[0]);
	if (o.files0_from && (argc || o.recursive))
		return bad_usage(verb, "goes neither with --recursive nor with operands", "--files0-from");
	if (!(verb->takes & NO_FILES) && !argc && !o.files0_from)
		return bad_usage(verb, verb->takes & PROGRAM ? "no program" : "no file", NULL);
	if (verb->takes & EDITS && !o.output == !o.in_place)
		return bad_usage(verb, "exactly one of --output and --in-place is needed", NULL);
	if (verb->takes & EDITS && o.output && (argc > 1 || o.recursive || o.files0_from))
		return bad_usage(verb, "--output goes with one file only", NULL);
	return verb->call(&o, argv, argc);
}

static void on_signal(int number)
{
	save_interrupted();
	signal(number, SIG_DFL);
	raise(number);
}

static struct sigaction was_full;

void signals_as_they_were(void)
{
	/* Handlers go with exec, what is ignored stays. */
	sigaction(SIGXFSZ, &was_full, NULL);
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct sigaction action = {.sa_handler = on_signal}, old;

		/* nohup: what is ignored stays so. */
		if (!sigaction(numbers[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	/* A full file is an error of write(), with its message. */
	sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, &was_full);
}

static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "elfpatch: standard output: %s\n", strerror(errno));
		return STATUS_TROUBLE;
	}
	return status;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, JOB_VERB) && argc == 2 + JOB_ARGUMENTS)
		return serve_job(argv + 2);
	catch_signals();
	if (!strcmp(verb, "--version"))
		return puts("elfpatch (" PACKAGE_NAME ") " PACKAGE_VERSION), finish(STATUS_OK);
	if (!strcmp(verb, "--help") || !strcmp(verb, "help"))
		return finish(help(NULL));
	for (size_t i = 0; i < VERBS; i++)
		if (!strcmp(verb, verbs[i].name))
			return finish(run_verb(verbs + i, argc - 1, argv + 1));
	return bad_usage(NULL, argc > 1 ? "no such verb" : "no verb", argc > 1 ? verb : NULL);
}
