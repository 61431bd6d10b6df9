// SPDX-License-Identifier: BSD-2-Clause
/* Syscall User Dispatch: what is let through, and how it comes to be guarded: at the start, in new threads
 * and in children. */
#include <elf.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include "dispatch.h"

#define AUXV_MAX 64

#pragma GCC visibility push(hidden)
void syslayer_child(const struct leave *l);
#pragma GCC visibility pop

unsigned char syslayer_armed;
int (*syslayer_refuse)(unsigned number, unsigned long address);

static SYSLAYER_LARGE Elf64_auxv_t auxv[AUXV_MAX];
static unsigned auxv_count;
static unsigned long vdso;

/* The image: its slots, and what they go to. */
static long guard(void)
{
	return syslayer_sys(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, image_base,
	                    image_end - image_base, 0);
}

/* Crashes of the layer are told, all else waits: the handler is short. */
static long catch_sigsys(void)
{
	const struct action a = {.handler = (unsigned long)syslayer_dispatch_entry,
	                         .flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK,
	                         .restorer = (unsigned long)syslayer_dispatch_restorer,
	                         .mask = ~(1UL << (SIGSEGV - 1) | 1UL << (SIGBUS - 1) | 1UL << (SIGILL - 1) |
	                                   1UL << (SIGFPE - 1) | 1UL << (SIGTRAP - 1))};

	return syslayer_sys(__NR_rt_sigaction, SIGSYS, &a, 0, 8);
}

/* The kernel does not guard what fork(2) and clone(2) make. */
void syslayer_in_child(unsigned long clone)
{
	if (!(clone & CLONE_VM))
		syslayer_is_mine();
	if (clone & CLONE_CLEAR_SIGHAND)
		catch_sigsys();
	guard();
}

void syslayer_child(const struct leave *l)
{
	if (syslayer_armed)
		syslayer_in_child(l->clone);
	syslayer_sys(__NR_rt_sigprocmask, SIG_SETMASK, &l->mask, 0, 8);
}

static void keep_auxv(const struct syslayer_start *s)
{
	const long *p = s->stack + 1 + s->stack[0] + 1;

	while (*p++)
		;
	for (const Elf64_auxv_t *a = (const Elf64_auxv_t *)p; a->a_type != AT_NULL; a++) {
		if (auxv_count < AUXV_MAX - 1)
			auxv[auxv_count++] = *a;
		if (a->a_type == AT_SYSINFO_EHDR)
			vdso = a->a_un.a_val;
	}
}

int syslayer_is_vdso(unsigned long address)
{
	return vdso && address - vdso < 2UL * SYSLAYER_PAGE;
}

long syslayer_auxv(void *to, unsigned long size)
{
	unsigned long all = (auxv_count + 1) * sizeof *auxv;

	memcpy(to, auxv, size < all ? size : all);
	return (long)all;
}

int syslayer_catch(const struct syslayer_start *s, int (*refuse)(unsigned number, unsigned long address))
{
	struct action old;
	const unsigned long mask = SIGSYS_BIT;

	syslayer_refuse = refuse;
	keep_auxv(s);
	/* As exec handed it down. */
	if (!syslayer_sys(__NR_rt_sigaction, SIGSYS, 0, &old, 8) && old.handler == (unsigned long)SIG_IGN)
		syslayer_sigsys.handler = old.handler;
	syslayer_is_mine();
	if (catch_sigsys() || syslayer_sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &mask, 0, 8) || guard())
		return -ENOSYS;
	syslayer_armed = 1;
	return 0;
}

void syslayer_dispatch_start(const struct syslayer_start *s)
{
	static const char no[] = "syslayer: the kernel has no Syscall User Dispatch (Linux 5.11)\n";
	const char *wanted = syslayer_getenv(s, "SYSLAYER_EXHAUSTIVE");

	if (syslayer_armed || !wanted || !*wanted || syslayer_equal(wanted, "0"))
		return;
	if (!syslayer_catch(s, NULL))
		return;
	/* Rather no program than one of whose calls some are not seen. */
	syslayer_write(2, no, sizeof no - 1);
	for (;;)
		syslayer_sys(__NR_exit_group, 127);
}
