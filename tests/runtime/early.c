// SPDX-License-Identifier: BSD-2-Clause
/* Code of a program that runs before its main: a resolver of an indirect function, and what .preinit_array
 * names. */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long before, resolved;

static long my_pid(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getpid) : "rcx", "r11", "memory");
	return result;
}

static void preinit(void)
{
	before = my_pid();
}

__attribute__((section(".preinit_array"), used)) static void (*const entry)(void) = preinit;

static int chosen(void)
{
	return 1;
}

static int (*resolve(void))(void)
{
	resolved = my_pid();
	return chosen;
}

static int indirect(void) __attribute__((ifunc("resolve")));

int main(void)
{
	int right = indirect() && before == getpid() && resolved == getpid();

	puts(right ? "early calls work" : "early calls fail");
	return !right;
}
