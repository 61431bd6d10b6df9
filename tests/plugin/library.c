// SPDX-License-Identifier: BSD-2-Clause
/* A shared library with a system call of its own, BSS, TLS, a constructor and a destructor. */
#include <unistd.h>

static char zeroed[5000];
static int constructed;
static __thread int tls = 11;
long library_call(void);

static __attribute__((constructor)) void construct(void)
{
	constructed = 5;
}

static __attribute__((destructor)) void destruct(void)
{
	if (write(1, "destructed\n", 11) != 11)
		_exit(99);
}

long library_call(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(110L) : "rcx", "r11", "memory");
	return result == getppid() ? constructed + tls++ + zeroed[4999] : -1;
}
