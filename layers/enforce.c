// SPDX-License-Identifier: BSD-2-Clause
/* What the layer enforce does in C, on the program's stack: it has no state but that of the process. */
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <syslayer/image.h>
#include "gate.h"

#define PLACES 256    /* enforce.S has so many */
#define PLACE_SIZE 16 /* bytes */

/* As the kernel has it; the C library's differs. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

/* In rax and rdx. */
struct place {
	const char *code;  /* where to make the call, or NULL */
	unsigned long rsp; /* the program's */
};

#pragma GCC visibility push(hidden)
extern const char image_base[], enforce_made[], enforce_restorer[];
unsigned long enforce_places[PLACES]; /* where the site of each goes on; 0: free */
/* What handlers would return to, as the program has it: all that it gives are alike. */
unsigned long enforce_restores;
struct place enforce_place(const unsigned long *frame);
unsigned enforce_is_cancelled(const unsigned long *frame);
void enforce_mapped(unsigned long at, unsigned long size, int protection, int flags);
long enforce_sigaction(int sig, const struct action *action, struct action *old, unsigned long size);
#pragma GCC visibility pop

static long sigaction(int sig, const void *action, void *old, unsigned long size)
{
	register unsigned long r10 __asm__("r10") = size;
	long r;

	__asm__ volatile("syscall"
	                 : "=a"(r)
	                 : "0"(__NR_rt_sigaction), "D"(sig), "S"(action), "d"(old), "r"(r10)
	                 : "rcx", "r11", "memory");
	return r;
}

/* do_sigaction() in kernel/signal.c looks at the number when it has copied the action: no signal is 0. */
static int is_action(const void *p)
{
	return p && sigaction(0, p, 0, sizeof(unsigned long)) == -EINVAL;
}

/* Its own for each site, from the first time on; as rsp, what it was before the site's frames. */
struct place enforce_place(const unsigned long *frame)
{
	const unsigned long *site = gate_site(frame), to = site[0];

	for (unsigned i = 0; i < PLACES; i++) {
		unsigned long is = 0;

		if (__atomic_compare_exchange_n(enforce_places + i, &is, to, 0, __ATOMIC_RELAXED,
		                                __ATOMIC_RELAXED) ||
		    is == to)
			return (struct place){enforce_made + (unsigned long)i * PLACE_SIZE,
			                      (unsigned long)site + SYSLAYER_FRAME};
	}
	return (struct place){0, 0};
}

static int begins(const unsigned char *p, const char *bytes, unsigned n)
{
	return syslayer_same((const char *)p, bytes, n);
}

/*
 * 1: the thread is to be cancelled, which the program sees by a flag that it tests in its place before the
 * call: it goes on there, and the call is not made. The functions with such a place are known by their bytes
 * (syslayer-abi(7), "Calls that stay in their place").
 */
unsigned enforce_is_cancelled(const unsigned long *frame)
{
	/* jrcxz 2f; jmp behind the call; 2: mov 8(%rsp),%r11; jmp to the test */
	const unsigned char *p = (const unsigned char *)frame[0];
	const unsigned char *flag = (const unsigned char *)frame[SYSLAYER_FRAME / sizeof *frame + 1];
	int distance;

	if (!begins(p, "\xe3\x05\xe9", 3) || !begins(p + 7, "\x4c\x8b\x5c\x24\x08\xe9", 6))
		return 0;
	p += 17;
	__builtin_memcpy(&distance, p - 4, sizeof distance);
	p += distance;
	/* cmpl $0,(%r11) in musl; testb $8,(%r11) in glibc */
	if (begins(p, "\x41\x83\x3b\x00", 4))
		return !!*(const int *)(const void *)flag;
	return begins(p, "\x41\xf6\x03\x08", 4) && *flag & 8;
}

/*
 * A library whose stubs go on to this section would find it by system calls of its own: it is told as soon as
 * its memory is there. The dynamic linker maps one segment after the other, the stubs and what is behind
 * them.
 */
void enforce_mapped(unsigned long at, unsigned long size, int protection, int flags)
{
	static unsigned long behind;
	const struct syslayer_image_header *h = syslayer_image_header((const void *)at);
	const int executable = PROT_READ | PROT_EXEC, writable = PROT_READ | PROT_WRITE;

	if (at > -4096UL || !(flags & MAP_FIXED))
		return;
	if (flags & MAP_ANONYMOUS) {
		if (protection == writable && at == __atomic_load_n(&behind, __ATOMIC_RELAXED))
			*(const char **)at = image_base;
	} else if (protection == executable && size >= SYSLAYER_SLOTS_SIZE && is_action((const void *)at) &&
	           syslayer_image_magic((const char *)at) && h->version == SYSLAYER_IMAGE_VERSION &&
	           h->flags & SYSLAYER_IMAGE_FORWARD) {
		__atomic_store_n(&behind, at + h->size, __ATOMIC_RELAXED);
	}
}

/* Handlers return to the section, not to the program's restorer. */
long enforce_sigaction(int sig, const struct action *action, struct action *old, unsigned long size)
{
	struct action copy;
	long r;

	if (is_action(action) && action->flags & SA_RESTORER) {
		copy = *action;
		enforce_restores = copy.restorer;
		copy.restorer = (unsigned long)enforce_restorer;
		action = &copy;
	}
	r = sigaction(sig, action, old, size);
	if (!r && old && old->restorer == (unsigned long)enforce_restorer)
		old->restorer = enforce_restores;
	return r;
}
