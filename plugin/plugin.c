// SPDX-License-Identifier: BSD-2-Clause
/*
 * The linker plugin. lld has no plugin interface, but it loads a shared object with
 * -mllvm -load=FILE while it parses its options: before it opens an input, and before it
 * has a second thread (seen with 14, 16, 19 and 22); -plugin-opt=-load=FILE says the same.
 * GNU ld loads one with -plugin FILE at the same point, and lld ignores that: one line of
 * flags serves both (local.mk). Our constructor then forks: the child goes on to link, as if nothing
 * had happened; the parent waits, finishes the output, and exits as the linker did. So
 * messages, exit status and whatever a failed link leaves are the linker's own, and no
 * second linker has to be started (16 ms of libLLVM's start-up).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "plugin.h"

/* GNU ld wants this symbol; it asks nothing of us and we ask nothing of it. */
struct ld_plugin_tv;
int onload(struct ld_plugin_tv *tv);
__attribute__((visibility("default"))) int onload(struct ld_plugin_tv *tv)
{
	(void)tv;
	return 0; /* LDPS_OK, plugin-api.h */
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Other programs load plugins of linkers too (nm, ar, opt): not our business. */
static bool is_linker(const char *path)
{
	const char *name = base_name(path), *ld;

	for (ld = strstr(name, "ld"); ld; ld = strstr(ld + 1, "ld"))
		if ((ld == name || ld[-1] == '-' || ld[-1] == 'l') &&
		    (!ld[2] || ld[2] == '.' || ld[2] == '-'))
			return true;
	return false;
}

/* lld goes by many names, ld among them; its file's name tells. */
static bool is_lld(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	path[n > 0 ? n : 0] = 0;
	return strstr(base_name(path), "lld");
}

/* Whether our own file is named by a -load or -plugin: constructors run wherever one is loaded. */
static bool is_asked_for(const struct arguments *a)
{
	Dl_info self;
	const char *name;

	if (!dladdr((void *)(uintptr_t)onload, &self) || !self.dli_fname)
		return false;
	name = base_name(self.dli_fname);
	for (int i = 1; i < a->count; i++) {
		const char *word = a->v[i], *load = strstr(word, "-load");
		bool plugin = strstr(word, "-plugin") == word || strstr(word, "--plugin") == word ||
		              (i && (!strcmp(a->v[i - 1], "-plugin") || !strcmp(a->v[i - 1], "--plugin") ||
		                     !strcmp(a->v[i - 1], "-load")));

		if ((load || plugin) && strlen(word) >= strlen(name) &&
		    !strcmp(word + strlen(word) - strlen(name), name))
			return true;
	}
	return false;
}

static int read_command_line(struct arguments *a)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	char *word = NULL;
	size_t size = 0;
	int result = f ? 0 : -1;

	while (!result && getdelim(&word, &size, 0, f) > 0)
		result = arguments_add(a, word, a->count ? 0 : 32 /* argv[0] is no response file */);
	free(word);
	if (f)
		fclose(f);
	return result;
}

/* mkdir -p: the child's umask would make a directory that cannot be entered. */
static void make_directories(const char *path)
{
	char *copy = strdup(path);

	for (char *p = copy; p && *p; p++)
		if (*p == '/' && p > copy) {
			*p = 0;
			mkdir(copy, 0777);
			*p = '/';
		}
	mkdir(path, 0777); /* the linker says what is wrong with it */
	free(copy);
}

/* Or the output would take the place of standard error, and messages would go there. */
static void occupy_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int wait_for(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (WIFSIGNALED(status)) {
		struct rlimit none = {0, 0};

		/* Die as the linker did, but leave the core dump to it. */
		setrlimit(RLIMIT_CORE, &none);
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
		return 128 + WTERMSIG(status);
	}
	return WEXITSTATUS(status);
}

static _Noreturn void stop(const char *linker, const char *text)
{
	fprintf(stderr, "%s: error: syslayer: %s\n", linker, text);
	_exit(1);
}

static __attribute__((constructor)) void plugin_main(void)
{
	struct arguments arguments = {0};
	struct command command;
	struct before before;
	struct work work = {.fd = -1};
	struct ahead ahead = {.data = NULL};
	const struct sigaction waited_for = {.sa_handler = SIG_DFL};
	struct sigaction caller;
	pid_t parent = getpid(), child;
	mode_t mask;
	int status;

	command.from_script = NULL;
	if (read_command_line(&arguments)) {
		fprintf(stderr, "syslayer: warning: /proc/self/cmdline: %s; nothing gets a layer\n",
		        strerror(errno));
		goto nothing;
	}
	if (!arguments.count || !is_linker(arguments.v[0]))
		goto nothing;
	if (arguments.once)
		stop(arguments.v[0],
		     "a response file that can be read once only (a pipe): use a regular file");
	if (!is_asked_for(&arguments))
		goto nothing;
	command_parse(&command, &arguments);
	command.bfd = !is_lld();
	if (command.error)
		stop(command.linker, command.error);
	output_before(&command, &before);
	if (command.inert || (before.exists && !before.regular))
		goto nothing;

	if (command.cache)
		make_directories(command.cache);
	mask = umask(0);
	umask(mask);
	/* Where it is ignored, nobody is told how a child ended (wait(2), "Notes"); that is inherited. */
	sigaction(SIGCHLD, &waited_for, &caller);
	child = fork();
	if (child < 0)
		stop(command.linker, strerror(errno));
	if (!child) {
		/* Nobody runs what has not been finished, whatever happens to us in between. */
		umask(mask | 0111);
		sigaction(SIGCHLD, &caller, NULL);
		/* If the parent is killed, this must not go on to put an unfinished file in place. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		goto nothing;
	}
	occupy_standard_descriptors();
	if (!command.bfd && watch_output(&command, &before, child, &ahead))
		work_begin(&work, &command, command.output, &ahead);
	status = wait_for(child);
	if (status)
		leave_output(&command, &before, mask);
	_exit(status ? status : finish_output(&command, &before, &work, mask));
nothing:
	command_free(&command);
	arguments_free(&arguments);
}
