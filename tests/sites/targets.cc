// SPDX-License-Identifier: BSD-2-Clause
/* Calls the functions of targets.S: each must return what getppid does. */
#include <cstdio>
#include <cstring>
#include <unistd.h>

extern "C" [[noreturn]] void thrower()
{
	throw 1;
}

#define COMMON(f)                                                                                            \
	f(t_table) f(t_lea) f(t_far) f(t_conditional) f(t_called) f(t_short) f(t_loop) f(t_prefix) f(t_pad)
#ifdef __PIC__
#define ALL(f) COMMON(f) f(t_pointer) f(t_addend)
#else
#define ALL(f) COMMON(f) f(t_operand) f(t_whole) f(t_pushed) f(t_halves)
#endif
#define DECLARE(name) extern "C" long name();
ALL(DECLARE)

int main(int argc, char **argv)
{
#define CALL(name)                                                                                           \
	if (argc > 1 && !strcmp(argv[1], #name))                                                             \
		return name() == getppid() ? 0 : 1;
	try {
		ALL(CALL)
	} catch (int) {
		/* There is somebody to look for; t_pad keeps what it gets. */
		return 2;
	}
#define NAME(name) puts(#name);
	ALL(NAME)
}
