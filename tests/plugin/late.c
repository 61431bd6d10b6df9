// SPDX-License-Identifier: BSD-2-Clause
/*
 * A linker that goes on after its output is in place: ld.lld FIRST [SECOND] -o OUTPUT -load=PLUGIN.
 * It loads the plugin as lld does, moves FIRST to OUTPUT, waits until that has been opened and for
 * a moment more, and then moves SECOND there, or, without one, fails.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char event[4096];
	int events = inotify_init();

	/* The plugin reads the command line: "-o OUTPUT -load=PLUGIN" stands at its end. */
	alarm(30);
	if (argc < 5 || !dlopen(strchr(argv[argc - 1], '=') + 1, RTLD_NOW) ||
	    inotify_add_watch(events, argv[1], IN_OPEN) < 0 || rename(argv[1], argv[argc - 2]) ||
	    read(events, event, sizeof event) <= 0)
		return 3;
	usleep(300000);
	return argc > 5 ? rename(argv[2], argv[argc - 2]) != 0 : 5;
}
