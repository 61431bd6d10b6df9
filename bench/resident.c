// SPDX-License-Identifier: BSD-2-Clause
/* resident COMMAND ARG...: the most memory that it has resident at a time, mapped files and all, in KiB. */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
	struct rusage used;
	int status;
	pid_t pid;

	if (argc < 2 || posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ) ||
	    wait4(pid, &status, 0, &used) < 0)
		return 2;
	printf("%ld KiB\n", used.ru_maxrss);
	return status != 0;
}
