// SPDX-License-Identifier: BSD-2-Clause
/*
 * Seccomp filters that the program gives itself. A call of the layer's own that one of them would kill for is
 * not made any more. Under elfpatch run, what would be killed for the questions that the layer asks (ask.c)
 * asks none, and neither do the programs that it becomes: an exec goes on without. So each filter is run
 * here, on those calls, before the kernel has it.
 */
#include <linux/audit.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include "ask.h"

#define WORDS (sizeof(struct seccomp_data) / sizeof(uint32_t))

static int is_allowed(uint32_t result)
{
	const uint32_t action = result & SECCOMP_RET_ACTION_FULL;

	return action != SECCOMP_RET_KILL_PROCESS && action != SECCOMP_RET_KILL_THREAD &&
	       action != SECCOMP_RET_TRAP;
}

static uint32_t compute(unsigned operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	case BPF_NEG:
		return -a;
	}
	return 0;
}

static int compare(unsigned operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JSET:
		return (a & b) != 0;
	}
	return 0;
}

/* As the kernel runs it (Documentation/networking/filter.rst; seccomp_check_filter() in kernel/seccomp.c). A
 * filter that the kernel will refuse comes to any end. */
static uint32_t run(const struct sock_filter *filter, unsigned count, const struct seccomp_data *data)
{
	const uint32_t *words = (const uint32_t *)data;
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};

	for (unsigned i = 0; i < count; i++) {
		const struct sock_filter *f = filter + i;
		const uint32_t operand = BPF_SRC(f->code) == BPF_X ? x : f->k;
		uint32_t *to = BPF_CLASS(f->code) == BPF_LDX ? &x : &a;

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(f->code) == BPF_ABS)
				*to = words[f->k / sizeof *words % WORDS];
			else if (BPF_MODE(f->code) == BPF_MEM)
				*to = memory[f->k % BPF_MEMWORDS];
			else
				*to = BPF_MODE(f->code) == BPF_LEN ? sizeof *data : f->k;
			break;
		case BPF_ST:
			memory[f->k % BPF_MEMWORDS] = a;
			break;
		case BPF_STX:
			memory[f->k % BPF_MEMWORDS] = x;
			break;
		case BPF_ALU:
			a = compute(BPF_OP(f->code), a, operand);
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				i += f->k;
			else
				i += compare(BPF_OP(f->code), a, operand) ? f->jt : f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? a : f->k;
		case BPF_MISC:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
	return SECCOMP_RET_ALLOW;
}

struct own {
	short number;
	int argument[4];
};

/* Of ask.c, settled.c, load.c, open.c, follow.c and release.c. */
static const struct own questions[] = {
    {__NR_socket, {1, 5 | O_CLOEXEC}},
    {__NR_setsockopt, {3, 1}},
    {__NR_connect, {3}},
    {__NR_sendmsg, {3}},
    {__NR_recvmsg, {3}},
    {__NR_close, {3}},
    {__NR_statx, {AT_FDCWD}},
    {__NR_openat, {AT_FDCWD, 0, O_PATH | O_CLOEXEC}},
    {__NR_openat, {AT_FDCWD, 0, O_CLOEXEC}},
    {__NR_geteuid, {0}},
    {__NR_getegid, {0}},
    {__NR_rt_sigprocmask, {0}},
    {__NR_arch_prctl, {0x1003}},
    {__NR_pread64, {3}},
    {__NR_dup3, {4, 3, O_CLOEXEC}},
    {__NR_fcntl, {3, F_DUPFD}},
};

/* What else the library and the layers call for themselves. */
static const struct own others[] = {
    {__NR_getpid, {0}},
    {__NR_gettid, {0}},
    {__NR_write, {2}},
    {__NR_rt_sigaction, {0}},
    {__NR_rt_sigprocmask, {0}},
    {__NR_rt_sigpending, {0}},
    {__NR_rt_sigtimedwait, {0}},
    {__NR_openat, {AT_FDCWD, 0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC}},
    {__NR_fcntl, {3, F_DUPFD_CLOEXEC}},
    {__NR_prlimit64, {0}},
    {__NR_fstat, {3}},
    {__NR_flock, {3, 2}},
    {__NR_ftruncate, {3}},
    {__NR_clock_gettime, {0}},
    {__NR_nanosleep, {0}},
    {__NR_mmap, {0, 65536, 3, 0x22}},
    {__NR_munmap, {0}},
    {__NR_prctl, {16}},
    {__NR_process_vm_readv, {0}},
    {__NR_sched_yield, {0}},
    {__NR_madvise, {0, 0, 18}}, /* MADV_WIPEONFORK */
    {__NR_getcwd, {0}},
    {__NR_open, {0, O_CLOEXEC}}, /* of the runtime, when there is a new program */
    {__NR_read, {3}},
    {__NR_getdents64, {3}},
    {__NR_execveat, {AT_FDCWD}},
    {__NR_faccessat2, {AT_FDCWD}},
    {__NR_faccessat, {AT_FDCWD}},
    {__NR_newfstatat, {AT_FDCWD}},
    {__NR_rt_tgsigqueueinfo, {0}},
    {__NR_set_tid_address, {0}},
    {__NR_socketpair, {1, 5 | O_CLOEXEC}},
};

static int kills(const struct sock_filter *filter, unsigned count, const struct own *own)
{
	struct seccomp_data data = {
	    .nr = own->number,
	    .arch = AUDIT_ARCH_X86_64,
	    .instruction_pointer = (uintptr_t)syslayer_system_call,
	};

	for (unsigned n = 0; n < 4; n++)
		data.args[n] = (uint64_t)own->argument[n];
	return !is_allowed(run(filter, count, &data));
}

static void look(const struct sock_filter *filter, unsigned count, struct syslayer_filter *f)
{
	for (unsigned i = 0; i < sizeof questions / sizeof *questions; i++)
		f->asks &= !kills(filter, count, questions + i);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		if (kills(filter, count, others + i))
			f->killed[others[i].number / 64] |= 1UL << others[i].number % 64;
}

static int is_strict(const struct syslayer_call *c)
{
	return (c->number == __NR_seccomp && c->argument[0] == SECCOMP_SET_MODE_STRICT) ||
	       (c->number == __NR_prctl && c->argument[0] == PR_SET_SECCOMP &&
	        c->argument[1] == SECCOMP_MODE_STRICT);
}

int syslayer_is_filter(const struct syslayer_call *c)
{
	return (c->number == __NR_seccomp && c->argument[0] == SECCOMP_SET_MODE_FILTER) ||
	       (c->number == __NR_prctl && c->argument[0] == PR_SET_SECCOMP &&
	        c->argument[1] == SECCOMP_MODE_FILTER) ||
	       is_strict(c);
}

void syslayer_filter_look(const struct syslayer_call *c, struct syslayer_filter *f)
{
	const struct sock_fprog *at = (const struct sock_fprog *)c->argument[2];
	struct sock_fprog program;

	*f = (struct syslayer_filter){.asks = 1};
	if (is_strict(c)) {
		/* seccomp(2): what is left is read, write, _exit and sigreturn. */
		static const struct sock_filter strict[] = {
		    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, __NR_write, 0, 1),
		    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};

		look(strict, sizeof strict / sizeof *strict, f);
		return;
	}
	if (syslayer_peek(&program, at, sizeof program) != sizeof program || program.len > BPF_MAXINSNS)
		return;
	/* It is read where it is: an instruction in each page, and the last one. */
	for (size_t i = 0; i < program.len + (size_t)256; i += 256) {
		char byte;

		if (program.len &&
		    syslayer_peek(&byte, program.filter + (i < program.len ? i : program.len - 1U), 1) != 1)
			return;
	}
	look(program.filter, program.len, f);
}

/* Of the program before. */
void syslayer_filter_start(const struct syslayer_start *start)
{
	const char *s = start->secure ? NULL : syslayer_getenv(start, SYSLAYER_RUN_KILLED);

	if (!s || syslayer_length(s) != SYSLAYER_FILTER_DIGITS)
		return;
	for (unsigned i = 0; i < SYSLAYER_FILTER_DIGITS; i++)
		syslayer_killed[i / 16] =
		    syslayer_killed[i / 16] << 4 | (unsigned)(s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10);
	syslayer_kills = 1;
}

int syslayer_filter_text(char *to)
{
	if (!syslayer_kills)
		return 0;
	for (unsigned i = 0; i < SYSLAYER_FILTER_DIGITS; i++)
		to[i] = "0123456789abcdef"[syslayer_killed[i / 16] >> (60 - i % 16 * 4) & 15];
	to[SYSLAYER_FILTER_DIGITS] = 0;
	return 1;
}

/* In a child of vfork(2) this is its parent's, too, which sees less then, but is not killed. */
void syslayer_filter_comes(const struct syslayer_filter *f)
{
	if (!f->asks && *syslayer_broker)
		syslayer_ask_no_more();
	for (unsigned i = 0; i < sizeof f->killed / sizeof *f->killed; i++) {
		syslayer_killed[i] |= f->killed[i];
		if (f->killed[i])
			syslayer_kills = 1;
	}
}
