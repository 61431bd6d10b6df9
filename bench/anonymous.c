// SPDX-License-Identifier: BSD-2-Clause
/*
 * anonymous COMMAND ARG...: the most anonymous memory that it has at a time, in KiB. The
 * kernel keeps the peak of all resident memory only, and that has the file in it that is
 * mapped; so look at it as often as there is time.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static long anonymous(const char *file)
{
	char text[4096];
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	const char *found;

	close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	found = strstr(text, "RssAnon:");
	return found ? atol(found + strlen("RssAnon:")) : 0;
}

int main(int argc, char **argv)
{
	long most = 0;
	char file[64];
	int status = 0;
	pid_t pid;

	if (argc < 2 || posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ))
		return 2;
	snprintf(file, sizeof file, "/proc/%d/status", (int)pid);
	while (!waitpid(pid, &status, WNOHANG)) {
		long now = anonymous(file);

		most = now > most ? now : most;
	}
	printf("%ld KiB\n", most);
	return status != 0;
}
