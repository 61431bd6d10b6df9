// SPDX-License-Identifier: BSD-2-Clause
/* Loads the library at its start, or (-DOPEN) when it runs, twice: what is unmapped is mapped afresh. */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#ifndef OPEN
int library_pid(void);

int main(void)
{
	printf("library %s\n", library_pid() == getpid() ? "works" : "fails");
	return 0;
}
#else
int main(int argc, char **argv)
{
	for (int i = 0; i < 2; i++) {
		void *library = dlopen(argv[argc > 1], RTLD_NOW);
		int (*pid)(void) = library ? (int (*)(void))dlsym(library, "library_pid") : 0;

		if (!pid) {
			puts(dlerror());
			return 1;
		}
		printf("library %s\n", pid() == getpid() ? "works" : "fails");
		dlclose(library);
	}
	return 0;
}
#endif
