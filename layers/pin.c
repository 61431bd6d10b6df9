// SPDX-License-Identifier: BSD-2-Clause
/*
 * The layer that pins: a system call that is not made in the section, or in the trampolines below it,
 * ends the process, or is reported. Syscall User Dispatch catches it.
 */
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/ucontext.h>
#include <elf.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include "set.h"
#include "words.h"

#pragma GCC visibility push(hidden)
extern const char pin_restorer[];
void pin_call(struct syslayer_call *c);
#pragma GCC visibility pop

/* As the kernel has it; the C library's differs. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

static unsigned long first, size; /* what may make calls; size 0: nothing is guarded */
static unsigned long vdso, vdso_size;
static int reports;

static void guard_thread(void)
{
	if (size)
		syslayer_sys(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, first, size, 0);
}

static void say(unsigned number, unsigned long address)
{
	char line[160];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, "syslayer: pin: ");
	if (*set_name(number)) {
		syslayer_puts(&t, set_name(number));
	} else {
		syslayer_puts(&t, "call ");
		syslayer_putn(&t, number, 0);
	}
	syslayer_puts(&t, " at ");
	syslayer_putx(&t, address);
	syslayer_puts(&t, ", outside of the section\n");
	syslayer_write(2, line, (size_t)(t.at - line));
}

/* What cannot be made for another: it has to do with the stack it is made on. */
static int is_bound(unsigned number)
{
	return number == __NR_rt_sigreturn || number == __NR_clone || number == __NR_vfork ||
	       number == __NR_clone3;
}

static void on_sigsys(int sig, const siginfo_t *info, struct ucontext *uc)
{
	struct sigcontext *r = &uc->uc_mcontext;
	const struct action dfl = {0};
	unsigned long address = (unsigned long)info->_sifields._sigsys._call_addr;
	unsigned number = (unsigned)info->_sifields._sigsys._syscall;
	int is_vdso = address - vdso < vdso_size;

	if (info->si_code == SYS_USER_DISPATCH && (is_vdso || reports) && !is_bound(number)) {
		if (!is_vdso)
			say(number, address - 2);
		r->rax =
		    (unsigned long)syslayer_system_call((int)number, (long)r->rdi, (long)r->rsi, (long)r->rdx,
		                                        (long)r->r10, (long)r->r8, (long)r->r9);
		return;
	}
	/* Somebody else's SIGSYS, as a seccomp filter's, kills all the same. */
	if (info->si_code == SYS_USER_DISPATCH)
		say(number, address - 2);
	syslayer_sys(__NR_rt_sigaction, sig, &dfl, 0, 8);
	syslayer_sys(__NR_tgkill, syslayer_sys(__NR_getpid), syslayer_sys(__NR_gettid), sig);
	/* It is blocked in here, and comes at the return. */
	uc->uc_sigmask &= ~(1UL << (sig - 1));
}

static void catch_sigsys(void)
{
	const struct action a = {.handler = (unsigned long)on_sigsys,
	                         .flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK,
	                         .restorer = (unsigned long)pin_restorer};

	syslayer_sys(__NR_rt_sigaction, SIGSYS, &a, 0, 8);
}

/* Handlers return from the section, too; and SIGSYS is not the program's. */
static void set_action(struct syslayer_call *c)
{
	struct action copy;
	struct action *old = (struct action *)c->argument[2];
	long r;

	if (c->argument[0] == SIGSYS && size) {
		r = syslayer_sys(__NR_rt_sigaction, SIGSYS, 0, old, c->argument[3]);
		if (!r && old)
			*old = (struct action){0};
		syslayer_answer(c, r);
		return;
	}
	if (!size || !c->argument[1] ||
	    syslayer_peek(&copy, (const void *)c->argument[1], sizeof copy) != sizeof copy ||
	    copy.handler < 2)
		return;
	copy.flags |= SA_RESTORER;
	copy.restorer = (unsigned long)pin_restorer;
	c->argument[1] = (long)&copy;
	syslayer_answer(c, syslayer_make(c));
}

static void in_child(struct syslayer_call *c)
{
	if (!c->result)
		guard_thread();
}

void pin_call(struct syslayer_call *c)
{
	switch (c->number) {
	case __NR_rt_sigaction:
		set_action(c);
		break;
	case __NR_fork:
		c->after = in_child;
		break;
	case __NR_clone:
		if (c->asked && !(c->argument[0] & CLONE_VM)) {
			syslayer_answer(c, syslayer_make(c));
			in_child(c);
		}
		break;
	case __NR_prctl:
		if (c->argument[0] == PR_SET_SYSCALL_USER_DISPATCH && size)
			syslayer_answer(c, -EPERM);
		break;
	default:
		/* What the C libraries call first in a new thread, which the kernel does not guard by itself.
		 */
		guard_thread();
	}
}

/*
 * The section is the end of what is loaded of a file; its trampolines lie in the executable segment that
 * comes next below.
 */
static unsigned long start_of_trampolines(const Elf64_Phdr *phdr, unsigned long count, unsigned long section,
                                          unsigned long section_end)
{
	unsigned long end = 0, bias, best = 0;

	for (unsigned long i = 0; i < count; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_vaddr + phdr[i].p_memsz > end)
			end = phdr[i].p_vaddr + phdr[i].p_memsz;
	bias = section_end - end;
	for (unsigned long i = 0; i < count; i++) {
		unsigned long at = bias + phdr[i].p_vaddr;

		if (phdr[i].p_type == PT_LOAD && phdr[i].p_flags & PF_X && at < section && at > best)
			best = at;
	}
	return best ? best : section;
}

/* Between trampolines and section there may be a hole in memory: no code is to come there that could make
 * calls. */
static void fill_holes(unsigned long from, unsigned long to)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	for (unsigned long at = from; at < to; at += SYSLAYER_PAGE)
		if (syslayer_sys(__NR_mmap, at, SYSLAYER_PAGE, PROT_NONE, flags, -1, 0) == -EINVAL)
			return;
}

static void start(const struct syslayer_start *s)
{
	const char *mode = syslayer_getenv(s, "SYSLAYER_PIN");
	const long *p = s->stack + 1 + s->stack[0] + 1;
	const Elf64_Phdr *phdr = NULL;
	unsigned long count = 0, end;

	while (*p++)
		;
	for (; *p != AT_NULL; p += 2) {
		if (*p == AT_PHDR)
			phdr = (const Elf64_Phdr *)p[1];
		else if (*p == AT_PHNUM)
			count = (unsigned long)p[1];
		else if (*p == AT_SYSINFO_EHDR)
			vdso = (unsigned long)p[1];
	}
	vdso_size = vdso ? (unsigned long)2 * SYSLAYER_PAGE : 0;
	if (mode && *mode && !syslayer_equal(mode, "kill")) {
		if (!syslayer_equal(mode, "report"))
			word_stop("pin", "SYSLAYER_PIN", (struct word){mode, syslayer_length(mode)},
			          "not kill or report");
		reports = 1;
	}
	end = (unsigned long)s->section + s->section_size;
	first = start_of_trampolines(phdr, count, (unsigned long)s->section, end);
	size = end - first;
	fill_holes(first, (unsigned long)s->section);
	catch_sigsys();
	if (syslayer_sys(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, first, size, 0)) {
		size = 0;
		word_stop("pin", NULL, (struct word){0},
		          "the kernel has no Syscall User Dispatch (Linux 5.11)");
	}
}
SYSLAYER_START(start);
