// SPDX-License-Identifier: BSD-2-Clause
/*
 * The program, its interpreters and its libraries. Which libraries these are nobody knows as well as the
 * dynamic linker that will load them, with LD_LIBRARY_PATH, RUNPATH, $ORIGIN, its cache and its own ideas: it
 * is asked, by its option --list, which glibc and musl have.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "closure.h"

extern char **environ;

/* As the kernel: interpreters of scripts may be scripts, 4 deep (binfmt_script, exec_binprm()). */
#define SCRIPTS_MAX 5

/* What is missing now, and would be taken if it were there; or else the folder that is. */
static int watch(struct paths *all, char *path)
{
	char *slash = strrchr(path, '/');

	if (*path != '/' || !access(path, F_OK))
		return 0;
	if (paths_add(all, path, ROLE_WATCHED))
		return -1;
	*slash = 0;
	return *path && access(path, F_OK) ? paths_add(all, path, ROLE_WATCHED) : 0;
}

#define TRYING "trying file="

/*
 * "libc.so.6 => /lib/libc.so.6 (0x7f...)", "/lib64/ld-linux-x86-64.so.2 (0x...)"; and of LD_DEBUG,
 * "  4711:  trying file=/lib/libc.so.6".
 */
static int add_line(struct paths *all, char *line)
{
	char *path = strstr(line, " => "), *end = strrchr(line, '(');
	char directory[PATH_MAX], absolute[2 * PATH_MAX];

	if (strstr(line, TRYING)) {
		line[strcspn(line, "\n")] = 0;
		return watch(all, strstr(line, TRYING) + strlen(TRYING));
	}
	path = path ? path + 4 : line + strspn(line, " \t");
	if (!end || end <= path || end[-1] != ' ')
		return 0;
	end[-1] = 0;
	if (*path == '/')
		return paths_add(all, path, ROLE_LIBRARY);
	/* By a relative entry of LD_LIBRARY_PATH; "linux-vdso.so.1" is no file. */
	if (!strchr(path, '/') || !getcwd(directory, sizeof directory))
		return 0;
	snprintf(absolute, sizeof absolute, "%s/%s", directory, path);
	return paths_add(all, absolute, ROLE_LIBRARY);
}

static bool is_for_linker(const char *entry)
{
	return strncmp(entry, "LD_AUDIT=", 9) != 0 && strncmp(entry, "LD_DEBUG", 8) != 0 &&
	       strncmp(entry, "LD_VERBOSE=", 11) != 0;
}

static int spawn(const char *linker, const char *program, int out, pid_t *pid)
{
	char *const arguments[] = {(char *)linker, (char *)"--list", (char *)program, NULL};
	posix_spawn_file_actions_t actions;
	size_t n = 0, count = 0;
	char **environment;
	int error;

	while (environ[count])
		count++;
	environment = malloc((count + 2) * sizeof *environment);
	if (!environment)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (is_for_linker(environ[i]))
			environment[n++] = environ[i];
	environment[n++] = (char *)"LD_DEBUG=libs";
	environment[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	error = posix_spawn(pid, linker, &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	errno = error;
	return error ? -1 : 0;
}

/* That it cannot be asked is no error: the program will not run either, and says why. */
static int ask_linker(const char *linker, const char *program, struct paths *all)
{
	char resolved[PATH_MAX], *line = NULL;
	size_t room = 0;
	int ends[2], result = 0;
	FILE *list;
	pid_t pid;

	/* $ORIGIN is where links lead to, as the kernel tells it the linker when the program is run. */
	if (!realpath(program, resolved) || pipe2(ends, O_CLOEXEC))
		return 0;
	if (spawn(linker, resolved, ends[1], &pid)) {
		close(ends[0]);
		close(ends[1]);
		return 0;
	}
	close(ends[1]);
	list = fdopen(ends[0], "r");
	while (list && !result && getline(&line, &room, list) > 0)
		result = add_line(all, line);
	if (list)
		fclose(list);
	else
		close(ends[0]);
	free(line);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

int closure(const char *program, struct paths *all)
{
	char name[PATH_MAX];
	struct start s;

	snprintf(name, sizeof name, "%s", program);
	for (unsigned i = 0; i < SCRIPTS_MAX; i++) {
		find_start(name, &s);
		if (paths_add(all, name, s.kind == START_SCRIPT ? ROLE_SCRIPT : ROLE_PROGRAM))
			return -1;
		if (s.kind != START_SCRIPT)
			break;
		snprintf(name, sizeof name, "%s", s.interpreter);
	}
	if (s.kind != START_DYNAMIC)
		return 0;
	return paths_add(all, s.interpreter, ROLE_INTERPRETER) || ask_linker(s.interpreter, name, all) ? -1
	                                                                                               : 0;
}
