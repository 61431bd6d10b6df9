/* SPDX-License-Identifier: BSD-2-Clause */
/* No libc: TLS from libsys_init, as the compiler and the linker expect it, and errno in it. */
#include <syslayer/sys.h>
#include "slots.h"

#define EBADF 9
#define EEXIST 17

#ifndef ALIGN
#define ALIGN 64
#endif

__thread __attribute__((aligned(ALIGN))) int aligned = 0x1234;
__thread char small[3] = {1, 2, 3};
__thread long zero[100];

void start(const long *stack);

__asm__(".globl _start\n"
        "_start: xor %ebp, %ebp\n"
        "	mov %rsp, %rdi\n"
        "	and $-16, %rsp\n"
        "	call start\n");

/* The exit status names the line that failed. */
#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition))                                                                            \
			sys_exit_group(__LINE__);                                                            \
	} while (0)

void start(const long *stack)
{
	unsigned long self, base = 0;
	int *mine, i;

	if (fill_slots_native())
		__builtin_trap();
	CHECK(sys_close(-1U) == -EBADF);
	CHECK(libsys_init(stack) == 0);
	CHECK(libsys_init(stack) == -EEXIST);

	__asm__("mov %%fs:0, %0" : "=r"(self));
	CHECK(sys_arch_prctl(0x1003 /* ARCH_GET_FS */, (unsigned long)&base) == 0);
	CHECK(self == base && self % ALIGN == 0);

	CHECK((unsigned long)&aligned % ALIGN == 0 && aligned == 0x1234);
	CHECK(small[0] == 1 && small[1] == 2 && small[2] == 3);
	for (i = 0; i < 100; i++)
		CHECK(zero[i] == 0);

	CHECK(libsys_close(-1U) == -1);
	mine = libsys_errno_location();
	CHECK((unsigned long)mine < self && self - (unsigned long)mine < 4096 + ALIGN);
	CHECK(*mine == EBADF);
	*mine = 0;
	CHECK(libsys_getppid() > 0 && *mine == 0);
	CHECK(libsys_mmap(0, 0, 0, 0x22 /* private, anonymous */, -1UL, 0) == (void *)-1 && *mine == 22);
	CHECK(aligned == 0x1234 && small[2] == 3 && zero[0] == 0 && zero[99] == 0);
	sys_exit_group(0);
}
