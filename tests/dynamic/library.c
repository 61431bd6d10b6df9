// SPDX-License-Identifier: BSD-2-Clause
/* A library with a site of its own, used before it is initialised and from many threads at once. */
#include <sys/syscall.h>

static long site(long number)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number) : "rcx", "r11", "memory");
	return result;
}

long library_gettid(void);
long library_gettid(void)
{
	return site(SYS_gettid);
}

/* Runs while the library is relocated. */
static long resolved(void)
{
	return site(SYS_getppid);
}

static void *resolver(void)
{
	return site(SYS_getpid) > 0 ? (void *)resolved : (void *)0;
}

long library_getppid(void) __attribute__((ifunc("resolver")));
