// SPDX-License-Identifier: BSD-2-Clause
/* Loads the library at its start, or (-DOPEN) when it runs, twice: what is unmapped is mapped afresh. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef OPEN
int library_pid(void);

int main(void)
{
	printf("library %s\n", library_pid() == getpid() ? "works" : "fails");
	return 0;
}
#else
/*
 * What the program maps while the library is there must not lie where the library is, or it goes
 * away with it. Enough to fill all holes that there are, the largest first.
 */
static volatile char *page[400];
static int pages;

static void keep_pages(void)
{
	for (int i = 0; i < 200; i++) {
		size_t size = i < 20 ? 8 * 4096 : 4096;

		page[pages] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*page[pages++] = 'x';
	}
}

static int check_pages(void)
{
	int bad = 0;

	for (int i = 0; i < pages; i++)
		bad |= *page[i] != 'x';
	return bad;
}

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
		keep_pages();
		dlclose(library);
	}
	return check_pages();
}
#endif
