// SPDX-License-Identifier: BSD-2-Clause
/*
 * System calls with a value in each register, flag, xmm and x87 register, and in all of the red zone:
 * prints each result, and what a call changed that the kernel would not.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* rax rbx rcx rdx rsi rdi rbp rsp r8 to r15, then the flags. */
static unsigned long want[17] __attribute__((used)), seen[17] __attribute__((used));
static unsigned long want_zone[16] __attribute__((used)), seen_zone[16] __attribute__((used));
/* FXSAVE: x87, mxcsr, xmm0 to xmm15. */
static unsigned char want_fx[512] __attribute__((used, aligned(16)));
static unsigned char seen_fx[512] __attribute__((used, aligned(16)));
static unsigned long saved __attribute__((used));

#define RAX 0
#define RCX 2
#define RDI 5
#define RSP 7
#define R11 11
#define FLAGS 16

#define TRY(name, site)                                                                                      \
	void name(void);                                                                                     \
	__asm__(".text\n\t.type " #name ", @function\n" #name ":\n\t"                                        \
	        "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"             \
	        "mov %rsp, saved(%rip)\n\t"                                                                  \
	        "lea -1024(%rsp), %rsp\n\t"                                                                  \
	        "mov %rsp, want+56(%rip)\n\t"                                                                \
	        "lea -128(%rsp), %rdi\n\tlea want_zone(%rip), %rsi\n\tmov $16, %ecx\n\trep movsq\n\t"        \
	        "fxrstor64 want_fx(%rip)\n\t"                                                                \
	        "lea -256(%rsp), %rsp\n\tpush want+128(%rip)\n\tpopf\n\tlea 256(%rsp), %rsp\n\t"             \
	        "mov want+8(%rip), %rbx\n\tmov want+16(%rip), %rcx\n\tmov want+24(%rip), %rdx\n\t"           \
	        "mov want+32(%rip), %rsi\n\tmov want+40(%rip), %rdi\n\tmov want+48(%rip), %rbp\n\t"          \
	        "mov want+64(%rip), %r8\n\tmov want+72(%rip), %r9\n\tmov want+80(%rip), %r10\n\t"            \
	        "mov want+88(%rip), %r11\n\tmov want+96(%rip), %r12\n\tmov want+104(%rip), %r13\n\t"         \
	        "mov want+112(%rip), %r14\n\tmov want+120(%rip), %r15\n\tmov want(%rip), %rax\n\t" site      \
	        "\n\tmov %rax, seen(%rip)\n\t"                                                               \
	        "mov %rbx, seen+8(%rip)\n\tmov %rcx, seen+16(%rip)\n\tmov %rdx, seen+24(%rip)\n\t"           \
	        "mov %rsi, seen+32(%rip)\n\tmov %rdi, seen+40(%rip)\n\tmov %rbp, seen+48(%rip)\n\t"          \
	        "mov %rsp, seen+56(%rip)\n\tmov %r8, seen+64(%rip)\n\tmov %r9, seen+72(%rip)\n\t"            \
	        "mov %r10, seen+80(%rip)\n\tmov %r11, seen+88(%rip)\n\tmov %r12, seen+96(%rip)\n\t"          \
	        "mov %r13, seen+104(%rip)\n\tmov %r14, seen+112(%rip)\n\tmov %r15, seen+120(%rip)\n\t"       \
	        "lea -256(%rsp), %rsp\n\tpushf\n\tpop seen+128(%rip)\n\t"                                    \
	        "push $2\n\tpopf\n\tlea 256(%rsp), %rsp\n\t"                                                 \
	        "fxsave64 seen_fx(%rip)\n\t"                                                                 \
	        "lea -128(%rsp), %rsi\n\tlea seen_zone(%rip), %rdi\n\tmov $16, %ecx\n\trep movsq\n\t"        \
	        "mov saved(%rip), %rsp\n\t"                                                                  \
	        "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret\n\t"            \
	        ".size " #name ", . - " #name)

TRY(any, "syscall");
TRY(any_nop, "nop\n\tnop\n\tnop\n\tsyscall");
TRY(getppid_before, "mov $110, %eax\n\tsyscall");
TRY(getppid_after, "mov $110, %eax\n\tjmp 1f\n1:\tsyscall\n\tnop\n\tnop\n\tnop");
TRY(getppid_garbage, "movabs $0xdeadbeef0000006e, %rax\n\tsyscall");
TRY(read_xor, "lea want(%rip), %rax\n\tlea 0(%rax), %rax\n\tmov $0, %eax\n\tsyscall");
TRY(clone_ask, "mov $56, %eax\n\tsyscall");
TRY(clone3_ask, "mov $435, %eax\n\tsyscall");
TRY(last_slot, "mov $511, %eax\n\tsyscall");
TRY(no_slot, "mov $512, %eax\n\tsyscall");
TRY(hooked, "mov $13, %eax\n\tsyscall");

/* CF PF AF ZF SF DF OF, then AC and ID, one by one; all; none. IF and bit 1 are always set. */
static const unsigned long flags[] = {0x1,   0x4,   0x10,    0x40,     0x80,     0x400,
                                      0x800, 0xcd5, 0x40000, 0x200000, 0x240cd5, 0};

static void prepare(unsigned long rax, unsigned long rdi)
{
	__asm__ volatile("fxsave64 %0" : "=m"(want_fx));
	/* Rounding up, denormals are zero; x87 with 53 bits; its registers are what fxsave calls valid. */
	want_fx[0] = 0x7f, want_fx[1] = 0x02, want_fx[4] = 0xff;
	want_fx[24] = 0xc0, want_fx[25] = 0x5f;
	for (unsigned i = 0; i < 8; i++) {
		memset(want_fx + 32 + 16 * i, (int)(0x11 * (i + 1)), 10);
		memset(want_fx + 42 + 16 * i, 0, 6);
	}
	for (unsigned i = 0; i < 256; i++)
		want_fx[160 + i] = (unsigned char)(i * 7 + 3);
	for (unsigned i = 0; i < 16; i++) {
		want[i] = 0x1111111111111111UL * (i % 15 + 1) - i;
		want_zone[i] = 0x0123456789abcdefUL * (i + 1);
	}
	want[RAX] = rax;
	want[RDI] = rdi;
}

static void try(const char *name, void (*call)(void), unsigned long rax, unsigned long rdi)
{
	for (unsigned f = 0; f < sizeof flags / sizeof *flags; f++) {
		long result;

		prepare(rax, rdi);
		want[FLAGS] = 0x202 | flags[f];
		memset(seen, 0, sizeof seen);
		memset(seen_fx, 0, sizeof seen_fx);
		memset(seen_zone, 0, sizeof seen_zone);
		call();
		for (unsigned i = 1; i < 17; i++)
			if (seen[i] != want[i] && i != RCX && i != R11)
				printf("%s, flags %#lx: changed: register %u is %#lx, not %#lx\n", name,
				       flags[f], i, seen[i], want[i]);
		if (memcmp(seen_zone, want_zone, sizeof seen_zone) != 0)
			printf("%s, flags %#lx: changed: red zone\n", name, flags[f]);
		if (memcmp(seen_fx, want_fx, 416) != 0)
			printf("%s, flags %#lx: changed: x87 or xmm\n", name, flags[f]);
		result = (long)seen[RAX];
		if (result == getppid())
			printf("%s: parent\n", name);
		else
			printf("%s: %ld\n", name, result);
	}
}

int main(void)
{
	const unsigned long none = (unsigned long)-1;
	/* Numbers that have no slot, or for which the kernel looks at eax only. */
	static const unsigned long odd[] = {511,
	                                    512,
	                                    513,
	                                    100000,
	                                    65536,
	                                    0x10000 + 110,
	                                    0xffffffff,
	                                    -1UL,
	                                    -2UL,
	                                    0x40000000 | 110,
	                                    0x40000000 | 512,
	                                    0x80000000 | 110,
	                                    0x7fffffff,
	                                    0xdeadbeef00000000UL | 110,
	                                    0xffffffff00000000UL | 511};
	char name[64];

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	try("getppid", getppid_before, none, none);
	try("getppid, code behind it", getppid_after, none, none);
	try("getppid, upper half", getppid_garbage, none, none);
	try("getppid, any number", any, 110, none);
	try("getppid, any number, padding before", any_nop, 110, none);
	try("read", read_xor, none, none);
	try("read, any number", any, 0, none);
	/* CLONE_THREAD without CLONE_SIGHAND */
	try("clone", clone_ask, none, 0x10000);
	try("clone, any number", any, 56, 0x10000);
	try("clone3", clone3_ask, none, none);
	try("clone3, any number", any, 435, none);
	try("rt_sigaction", hooked, none, none);
	try("rt_sigaction, any number", any, 13, none);
	try("511", last_slot, none, none);
	try("512", no_slot, none, none);
	for (unsigned i = 0; i < sizeof odd / sizeof *odd; i++) {
		snprintf(name, sizeof name, "number %#lx", odd[i]);
		try(name, any, odd[i], none);
	}
	return 0;
}
