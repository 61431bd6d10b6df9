// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: seccomp filters that the program gives itself. What one of them would kill for the
 * questions that the layer asks (ask.c) asks none any more, and neither do the programs that it becomes: an
 * exec goes on without. So each filter is run here, on those calls, before the kernel has it.
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

/* Of ask.c, settled.c, load.c, open.c, follow.c and release.c. */
static int lets_ask(const struct sock_filter *filter, unsigned count)
{
	static const struct {
		short number;
		int argument[3];
	} call[] = {
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

	for (unsigned i = 0; i < sizeof call / sizeof *call; i++) {
		struct seccomp_data data = {
		    .nr = call[i].number,
		    .arch = AUDIT_ARCH_X86_64,
		    .instruction_pointer = (uintptr_t)syslayer_system_call,
		};

		for (unsigned n = 0; n < 3; n++)
			data.args[n] = (uint64_t)call[i].argument[n];
		if (!is_allowed(run(filter, count, &data)))
			return 0;
	}
	return 1;
}

int syslayer_is_filter(const struct syslayer_call *c)
{
	return *syslayer_broker &&
	       ((c->number == __NR_seccomp && c->argument[0] == SECCOMP_SET_MODE_FILTER) ||
	        (c->number == __NR_prctl && c->argument[0] == PR_SET_SECCOMP &&
	         c->argument[1] == SECCOMP_MODE_FILTER));
}

int syslayer_filter_lets_ask(const struct syslayer_call *c)
{
	const struct sock_fprog *at = (const struct sock_fprog *)c->argument[2];
	struct sock_fprog program;

	if (syslayer_peek(&program, at, sizeof program) != sizeof program || program.len > BPF_MAXINSNS)
		return 1;
	/* It is read where it is: an instruction in each page, and the last one. */
	for (size_t i = 0; i < program.len + (size_t)256; i += 256) {
		char byte;

		if (program.len &&
		    syslayer_peek(&byte, program.filter + (i < program.len ? i : program.len - 1U), 1) != 1)
			return 1;
	}
	return lets_ask(program.filter, program.len);
}
