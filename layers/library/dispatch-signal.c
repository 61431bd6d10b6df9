// SPDX-License-Identifier: BSD-2-Clause
/* The signal of a call that was caught: where it goes on. And that signal when it is somebody else's. */
#include <linux/audit.h>
#include <linux/prctl.h>
#include "dispatch.h"

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856 /* Linux 6.4 */
#endif

#pragma GCC visibility push(hidden)
unsigned long syslayer_dispatch(int sig, const siginfo_t *info, struct ucontext *uc);
#pragma GCC visibility pop

struct action syslayer_sigsys;

/* What the kernel's rt_sigreturn(2) finds at rsp is this. */
static void unblock_in_frame(unsigned long rsp)
{
	struct ucontext *uc = (struct ucontext *)rsp;
	unsigned long mask;

	if (syslayer_peek(&mask, &uc->uc_sigmask, sizeof mask) == sizeof mask && mask & SIGSYS_BIT)
		uc->uc_sigmask = mask & ~SIGSYS_BIT;
}

/* syslayer_system_call() of a library's runtime, which looks for the section that has the layer. */
static int is_runtime(unsigned long address)
{
	static const unsigned char code[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08, 0x0f, 0x05, 0xc3};
	unsigned char there[sizeof code];

	return syslayer_peek_steady(there, (const char *)address - 5, sizeof there) == sizeof there &&
	       !memcmp(there, code, sizeof code);
}

static int is_within(unsigned long stack, unsigned long start, unsigned long size)
{
	return stack - start < size;
}

/* As a site of a rewritten program does: through the slot, which is told by the upper half of rax. */
static void go_to_slot(struct sigcontext *r, unsigned number, unsigned entry)
{
	r->r11 = (unsigned long)image_base + (unsigned long)number * SYSLAYER_SLOT_SIZE + entry;
	r->rax = number | (unsigned long)SYSLAYER_OUTSIDE << 32;
	r->rip = (unsigned long)syslayer_go;
}

static void go(struct sigcontext *r, unsigned number)
{
	switch (number) {
	case __NR_clone:
	case __NR_vfork:
	case __NR_clone3:
		go_to_slot(r, number, SYSLAYER_SLOT_ASK);
		break;
	case __NR_munmap:
		go_to_slot(r, number,
		           is_within(r->rsp, r->rdi, r->rsi) ? SYSLAYER_SLOT_ASK : SYSLAYER_SLOT_CALL);
		break;
	case __NR_exit:
		go_to_slot(r, number, SYSLAYER_SLOT_CALL);
		r->rip = (unsigned long)syslayer_go_last;
		break;
	default:
		go_to_slot(r, number, SYSLAYER_SLOT_CALL);
	}
}

/* What has no slot has the kernel's own answer; where there is to be nothing without a slot, that of one that
 * knows none. */
static void go_raw(struct sigcontext *r)
{
	if (syslayer_refuse)
		r->rax = -ENOSYS;
	else
		r->rip = (unsigned long)syslayer_go_raw;
}

static int is_allowed(unsigned number, unsigned long address)
{
	if (!syslayer_refuse || number >= SYSLAYER_SLOT_COUNT || syslayer_is_vdso(address))
		return 1;
	return number == __NR_rt_sigreturn && syslayer_is_restorer(address);
}

/* Whether it goes on; else the process is to end. */
static int catch (const siginfo_t *info, struct sigcontext *r)
{
	unsigned long address = (unsigned long)info->_sifields._sigsys._call_addr - 2;
	unsigned number = (unsigned)info->_sifields._sigsys._syscall;

	if (info->_sifields._sigsys._arch != AUDIT_ARCH_X86_64) {
		if (syslayer_refuse && syslayer_refuse(number, address))
			return 0;
		r->r11 = r->rip;
		r->rip = (unsigned long)syslayer_go_int80;
		return 1;
	}
	/* What the instruction leaves there, and where the call goes on. */
	r->rcx = r->rip;
	if (number == __NR_prctl && r->rdi == PR_GET_AUXV && is_runtime(address)) {
		r->rax = (unsigned long)syslayer_auxv((void *)r->rsi, r->rdx);
		return 1;
	}
	if (number < SYSLAYER_SLOT_COUNT && number != __NR_rt_sigreturn && syslayer_stays(address)) {
		r->rip = (unsigned long)syslayer_stay;
		return 1;
	}
	if (!is_allowed(number, address) && syslayer_refuse(number, address))
		return 0;
	if (number == __NR_rt_sigreturn) {
		unblock_in_frame(r->rsp);
		r->rip = (unsigned long)syslayer_go_sigreturn;
	} else if (number >= SYSLAYER_SLOT_COUNT) {
		go_raw(r);
	} else {
		syslayer_count_outside(number, address);
		go(r, number);
	}
	return 1;
}

/* The program's own: the handler that is to be called, or NULL. */
static unsigned long foreign(int sig, const siginfo_t *info, struct ucontext *uc)
{
	const struct action a = syslayer_sigsys;
	unsigned long mask;

	/* The kernel makes it whether it is ignored or not, where a filter does. */
	if (a.handler == (unsigned long)SIG_IGN && info->si_code <= 0)
		return 0;
	if (a.handler <= (unsigned long)SIG_IGN) {
		syslayer_signal(sig, info, uc);
		return 0;
	}
	if (a.flags & SA_RESETHAND && syslayer_is_mine())
		syslayer_sigsys.handler = (unsigned long)SIG_DFL;
	syslayer_handlers[sig] = a.handler;
	mask = (uc->uc_sigmask | a.mask) & ~SIGSYS_BIT;
	((unsigned long *)uc)[-1] = a.restorer;
	syslayer_sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	return a.handler;
}

unsigned long syslayer_dispatch(int sig, const siginfo_t *info, struct ucontext *uc)
{
	if (info->si_code != SYS_USER_DISPATCH)
		return foreign(sig, info, uc);
	if (!catch (info, &uc->uc_mcontext))
		syslayer_signal(sig, info, uc);
	return 0;
}
