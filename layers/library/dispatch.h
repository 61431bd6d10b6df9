/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Syscall User Dispatch: what the files share that catch a call made outside of the image, and let it go on
 * through its slot.
 */
#ifndef LAYERS_DISPATCH_H
#define LAYERS_DISPATCH_H

#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>
#include "library.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000UL /* Linux 5.5 */
#endif

#pragma GCC visibility push(hidden)

#define SIGSYS_BIT (1UL << (SIGSYS - 1))

/* A call that comes back on another stack, or without the one that it was made on; dispatch.S knows the
 * offsets. */
struct leave {
	unsigned long back;  /* where it goes on */
	unsigned long rsp;   /* with which stack */
	unsigned long mask;  /* of signals */
	unsigned long flags; /* of the processor */
	unsigned long clone; /* flags of clone(2) */
	unsigned long number;
	unsigned long *entry; /* of the stack that this stands on; NULL: it is the child's */
};

/* stack.S: a stack that nobody else takes, its entry: owner and top; or NULL. */
unsigned long *syslayer_claim(unsigned long owner);

/* dispatch.S */
void syslayer_dispatch_entry(void);
void syslayer_dispatch_restorer(void);
extern const char syslayer_go[], syslayer_go_last[], syslayer_go_raw[], syslayer_go_int80[],
    syslayer_go_sigreturn[];
extern const char syslayer_stay[], syslayer_stay_call[], syslayer_stay_made[], syslayer_stay_popped[],
    syslayer_stay_left[], syslayer_stay_end[];

/* dispatch.c */
/* In what a clone(2) with these flags has made. */
void syslayer_in_child(unsigned long clone);
int syslayer_is_vdso(unsigned long address);
/* As PR_GET_AUXV. */
long syslayer_auxv(void *to, unsigned long size);

/* dispatch-leave.c: whether a call makes a child that has a copy of the memory, and its flags of clone(2). */
int syslayer_makes_copy(const struct syslayer_call *c, unsigned long *flags);

/* dispatch-action.c: whether it is rt_sigreturn(2) in what the program has given as a restorer. */
int syslayer_is_restorer(unsigned long address);

/* dispatch-maps.c: what is mapped there. Returns 0: nothing, or it cannot be read. */
struct mapping {
	unsigned long start, end, offset, major, minor, inode;
	unsigned long file; /* where the beginning of the same file is mapped, or 0 */
	char name[256];     /* "": anonymous */
};
int syslayer_mapping(unsigned long address, struct mapping *m);

/* dispatch-places.c: calls that were caught, by number and place. */
void syslayer_count_outside(unsigned number, unsigned long address);

/* dispatch-site.c: whether the program compares its pc with this instruction, and the layer was asked before.
 */
int syslayer_stays(unsigned long address);

/* dispatch-signal.c: what the program has for SIGSYS. */
extern struct action syslayer_sigsys;

#pragma GCC visibility pop

#endif
