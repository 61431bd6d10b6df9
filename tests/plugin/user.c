// SPDX-License-Identifier: BSD-2-Clause
/* A program that uses library.c, by the linker or by dlopen(3). */
#include <dlfcn.h>
#include <stdio.h>

#ifdef OPEN
int main(int argc, char **argv)
{
	void *handle = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW);
	long (*call)(void) = handle ? (long (*)(void))dlsym(handle, "library_call") : NULL;

	if (!call)
		return puts(dlerror()), 1;
	printf("%ld ", call());
	printf("%ld\n", call());
	fflush(stdout);
	return dlclose(handle);
}
#else
long library_call(void);

int main(void)
{
	printf("%ld ", library_call());
	printf("%ld\n", library_call());
	fflush(stdout);
	return 0;
}
#endif
