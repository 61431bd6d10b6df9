/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest program: libsys alone, no crt and no libc. With FILL it fills its slots itself. */
#include <syslayer/sys.h>
#ifdef FILL
#include "slots.h"
#endif

void start(void);

__asm__(".globl _start\n"
        "_start: xor %ebp, %ebp\n"
        "	and $-16, %rsp\n"
        "	call start\n");

void start(void)
{
	static const char text[] = "libsys alone\n";

#ifdef FILL
	if (fill_slots_native())
		__builtin_trap();
#endif
	sys_exit_group(sys_write(1, text, sizeof(text) - 1) == sizeof(text) - 1 ? 42 : 1);
}
