// SPDX-License-Identifier: BSD-2-Clause
/* Maps an image, and goes to its slots as a rewritten program does. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <syslayer/image.h>
#include "site.h"

__attribute__((aligned(4096))) char section[SYSLAYER_SIZE_DEFAULT];

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

void map_image(const char *path, char **argv, int init, int secure)
{
	const struct syslayer_note note = {
	    .version = SYSLAYER_NOTE_VERSION,
	    .machine = 62,
	    .size = sizeof section,
	    .slot_size = SYSLAYER_SLOT_SIZE,
	    .slot_count = SYSLAYER_SLOT_COUNT,
	    .abi_version = SYSLAYER_ABI_VERSION,
	    .abi = SYSLAYER_ABI_LINUX_X86_64,
	};
	const struct syslayer_image_header *h = syslayer_image_header(section);
	const struct syslayer_start start = {sizeof start, (uint32_t)secure, (long *)(argv - 1), section,
	                                     sizeof section};
	char head[SYSLAYER_IMAGE_HEAD] __attribute__((aligned(8)));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	const char *why;

	if (fd < 0 || fstat(fd, &st) || pread(fd, head, sizeof head, 0) != sizeof head)
		die(path);
	why = syslayer_image_check(head, (uint64_t)st.st_size, &note);
	if (why) {
		fprintf(stderr, "%s: %s\n", path, why);
		_exit(99);
	}
	if (mmap(section, syslayer_image_header(head)->size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
	         fd, 0) != section)
		die(path);
	close(fd);
	if (init && h->init)
		((void (*)(const struct syslayer_start *))(section + h->init))(&start);
}

/* The header says where slots 0 and 1 are asked. */
static char *entry_of(long number, unsigned long entry)
{
	if (entry == SYSLAYER_SLOT_ASK && number < 2)
		return section + syslayer_image_header(section)->ask;
	return section + number * SYSLAYER_SLOT_SIZE + entry;
}

/* rax, rdi, rsi, rdx, r10, r8, r9 in and rax out; rcx is what the slot left there. */
static long go(const char *entry, const long *r, long *rcx)
{
	register long r10 __asm__("r10") = r[4];
	register long r8 __asm__("r8") = r[5];
	register long r9 __asm__("r9") = r[6];
	register const char *r11 __asm__("r11") = entry;
	long result, go_on;

	__asm__ volatile("lea -136(%%rsp), %%rsp\n\t"
	                 "lea 1f(%%rip), %%rcx\n\t"
	                 "mov %%rcx, (%%rsp)\n\t"
	                 "jmp *%%r11\n"
	                 "1:"
	                 : "=a"(result), "=c"(go_on), "+r"(r11)
	                 : "0"(r[0]), "D"(r[1]), "S"(r[2]), "d"(r[3]), "r"(r10), "r"(r8), "r"(r9)
	                 : "memory", "cc");
	if (rcx)
		*rcx = go_on;
	return result;
}

static void take(long *r, long number, va_list ap)
{
	r[0] = number;
	for (int i = 1; i < 7; i++)
		r[i] = va_arg(ap, long);
}

/* Garbage behind the last argument given is the kernel's to ignore. */
long site(long number, ...)
{
	long r[7];
	va_list ap;

	va_start(ap, number);
	take(r, number, ap);
	va_end(ap);
	return go(section + number * SYSLAYER_SLOT_SIZE, r, NULL);
}

int ask(long *result, long number, ...)
{
	long r[7], answered;
	va_list ap;

	va_start(ap, number);
	take(r, number, ap);
	va_end(ap);
	*result = go(entry_of(number, SYSLAYER_SLOT_ASK), r, &answered);
	return !!answered;
}

long raw(long number, ...)
{
	long r[7];
	va_list ap;

	va_start(ap, number);
	take(r, number, ap);
	va_end(ap);
	{
		register long r10 __asm__("r10") = r[4];
		register long r8 __asm__("r8") = r[5];
		register long r9 __asm__("r9") = r[6];

		__asm__ volatile("syscall"
		                 : "+a"(r[0])
		                 : "D"(r[1]), "S"(r[2]), "d"(r[3]), "r"(r10), "r"(r8), "r"(r9)
		                 : "rcx", "r11", "memory");
	}
	return r[0];
}

__attribute__((noinline, returns_twice)) int site_vfork(void);
__asm__(".globl site_vfork\n"
        "site_vfork:\n\t"
        "pop %rdx\n\t"
        "mov $58, %eax\n\t"
        "lea -136(%rsp), %rsp\n\t"
        "lea 1f(%rip), %rcx\n\t"
        "mov %rcx, (%rsp)\n\t"
        "jmp section + 58 * 64 + 32\n"
        "1:\tsyscall\n\t"
        "jmp *%rdx");

int site_fork(void)
{
	long result;

	if (ask(&result, SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L, 0L))
		return (int)result;
	return (int)raw(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L, 0L);
}

/* rbx, rbp, r12 to r15, the arguments, flags, xmm0 and xmm15, rsp, the ends of the red zone. */
static unsigned long seen[24] __attribute__((used)), want[24] __attribute__((used));
static unsigned long saved_rsp __attribute__((used)), jump __attribute__((used));

__attribute__((noinline, naked)) static void with_all_registers(void)
{
	__asm__(
	    "push %rbx\n\tpush %rbp\n\tpush %r12\n\tpush %r13\n\tpush %r14\n\tpush %r15\n\t"
	    "mov %rsp, saved_rsp(%rip)\n\t"
	    "lea -512(%rsp), %rsp\n\t"
	    "lea want(%rip), %rcx\n\t"
	    "mov %rsp, 14*8(%rcx)\n\t"
	    "mov 15*8(%rcx), %rax\n\tmov %rax, -8(%rsp)\n\tmov %rax, -64(%rsp)\n\tmov %rax, -128(%rsp)\n\t"
	    "movq 12*8(%rcx), %xmm0\n\tmovq 13*8(%rcx), %xmm15\n\t"
	    "mov 1*8(%rcx), %rdi\n\tmov 2*8(%rcx), %rsi\n\tmov 3*8(%rcx), %rdx\n\t"
	    "mov 4*8(%rcx), %r10\n\tmov 5*8(%rcx), %r8\n\tmov 6*8(%rcx), %r9\n\t"
	    "mov 7*8(%rcx), %rbx\n\tmov 8*8(%rcx), %rbp\n\tmov 9*8(%rcx), %r12\n\t"
	    "mov 10*8(%rcx), %r13\n\tmov 16*8(%rcx), %r14\n\tmov 17*8(%rcx), %r15\n\t"
	    "mov 0*8(%rcx), %rax\n\t"
	    "lea -136(%rsp), %rsp\n\t"
	    "push 11*8(%rcx)\n\tpopf\n\t"
	    "lea 1f(%rip), %rcx\n\t"
	    "mov %rcx, (%rsp)\n\t"
	    "jmp *jump(%rip)\n"
	    "1:\tpushf\n\tpop seen+11*8(%rip)\n\t"
	    "cld\n\t"
	    "lea seen(%rip), %r11\n\t"
	    "mov %rax, (%r11)\n\tmov %rcx, 21*8(%r11)\n\t"
	    "mov %rdi, 1*8(%r11)\n\tmov %rsi, 2*8(%r11)\n\tmov %rdx, 3*8(%r11)\n\t"
	    "mov %r10, 4*8(%r11)\n\tmov %r8, 5*8(%r11)\n\tmov %r9, 6*8(%r11)\n\t"
	    "mov %rbx, 7*8(%r11)\n\tmov %rbp, 8*8(%r11)\n\tmov %r12, 9*8(%r11)\n\t"
	    "mov %r13, 10*8(%r11)\n\tmov %r14, 16*8(%r11)\n\tmov %r15, 17*8(%r11)\n\t"
	    "movq %xmm0, 12*8(%r11)\n\tmovq %xmm15, 13*8(%r11)\n\t"
	    "mov %rsp, 14*8(%r11)\n\t"
	    "mov -64(%rsp), %rax\n\tmov %rax, 15*8(%r11)\n\t"
	    "mov -128(%rsp), %rax\n\tmov %rax, 18*8(%r11)\n\t"
	    "mov saved_rsp(%rip), %rsp\n\t"
	    "pop %r15\n\tpop %r14\n\tpop %r13\n\tpop %r12\n\tpop %rbp\n\tpop %rbx\n\tret");
}

int check_registers(long number, unsigned long entry)
{
	/* CF, PF, AF, ZF, SF, DF, OF one by one, all, none; IF and the fixed bit stay. */
	static const unsigned long flags[] = {0x1, 0x4, 0x10, 0x40, 0x80, 0x400, 0x800, 0xcd5, 0};
	int bad = 0;

	jump = (unsigned long)entry_of(number, entry);
	for (unsigned f = 0; f < sizeof flags / sizeof *flags; f++) {
		for (unsigned i = 0; i < 24; i++)
			want[i] = 0x1111111111111111UL * (i % 15 + 1) - i;
		want[0] = (unsigned long)number;
		want[1] = (unsigned long)-1; /* a descriptor, pid or address that is none */
		want[11] = 0x202 | flags[f];
		with_all_registers();
		/* pushf and popf are above the red zone's end, so -8 is not looked at afterwards. */
		want[18] = want[15];
		for (unsigned i = 1; i < 19; i++) {
			if (seen[i] == want[i])
				continue;
			printf("call %ld entry %lu flags %#lx: register %u is %#lx, not %#lx\n", number,
			       entry, flags[f], i, seen[i], want[i]);
			bad++;
		}
		if (entry && (seen[0] != (unsigned long)number || (unsigned int)seen[21])) {
			printf("call %ld: rax %#lx, rcx %#lx after the question\n", number, seen[0],
			       seen[21]);
			bad++;
		}
	}
	return bad;
}
