// SPDX-License-Identifier: BSD-2-Clause
/* A library without a C library, with a system call. */
#include <sys/syscall.h>

long library_parent(void);

long library_parent(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getppid) : "rcx", "r11", "memory");
	return result;
}
