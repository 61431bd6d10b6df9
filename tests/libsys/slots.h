/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills the section of the program itself with stubs: what a loader or a stamp does otherwise. */
#ifndef SLOTS_H
#define SLOTS_H

#include <syslayer/abi.h>

/* Of <linux/mman.h>, which musl's compiler wrapper does not find. */
enum { READ_WRITE = 1 | 2, READ_EXEC = 1 | 4 };

extern __attribute__((visibility("hidden"))) unsigned char __syslayer_slots[];

/* syscall; pop %rcx; lea 128(%rsp),%rsp; jmp *%rcx */
static const unsigned char native_stub[] = {0x0f, 0x05, 0x59, 0x48, 0x8d, 0xa4, 0x24,
                                            0x80, 0,    0,    0,    0xff, 0xe1};

static inline long slots_mprotect(long prot)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "0"(10L), "D"(__syslayer_slots), "S"((long)SYSLAYER_SLOTS_SIZE), "d"(prot)
	                 : "rcx", "r11", "memory");
	return result;
}

/* Writes size bytes to each slot, and the slot's number to where number_at is not negative. */
static inline long fill_slots(const unsigned char *stub, unsigned int size, int number_at)
{
	volatile unsigned char *slot = __syslayer_slots;
	unsigned int n, i;
	long r = slots_mprotect(READ_WRITE);

	for (n = 0; r == 0 && n < SYSLAYER_SLOT_COUNT; n++, slot += SYSLAYER_SLOT_SIZE) {
		for (i = 0; i < size; i++)
			slot[i] = stub[i];
		if (number_at >= 0) {
			slot[number_at] = n & 255;
			slot[number_at + 1] = n >> 8;
		}
	}
	return r ? r : slots_mprotect(READ_EXEC);
}

static inline long fill_slots_native(void)
{
	return fill_slots(native_stub, sizeof(native_stub), -1);
}

#endif
