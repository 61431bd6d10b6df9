// SPDX-License-Identifier: BSD-2-Clause
/* Which number a site calls, and how that call can be made: facts of x86-64 Linux. */
#include <string.h>
#include "finder.h"

#define NR_MUNMAP 11
#define NR_RT_SIGRETURN 15
#define NR_CLONE 56
#define NR_VFORK 58
#define NR_EXIT 60
#define NR_CLONE3 435

/*
 * The number of the call in instruction i, walking back to what sets eax. *origin: address of
 * that instruction, or of the last one looked at. Branch targets in between are not looked at.
 */
int32_t find_number(const struct finder *f, const struct code *c, size_t i, uint64_t *origin)
{
	uint64_t address = f->in[i].address;
	int32_t number;

	*origin = address;
	for (size_t n = 1; n <= i && address - f->in[i - n].address <= LOOK_NUMBER; n++) {
		const struct instruction *in = f->in + i - n;
		uint64_t offset = in->address - c->address;
		bool writes;

		if (in->address + in->length != in[1].address ||
		    (in->kind != KIND_PLAIN && in->kind != KIND_PADDING && in->kind != KIND_BRANCH) ||
		    (in->kind == KIND_BRANCH &&
		     (c->bytes[offset] == 0xe8 || c->bytes[offset] == 0xe9 || c->bytes[offset] == 0xeb)))
			break;
		*origin = in->address;
		if (decode_number(&f->decoder, c->bytes + offset, c->size - offset, &number, &writes))
			return number;
		if (writes)
			break;
	}
	return SITE_UNKNOWN;
}

/* Whether the code behind a munmap goes straight on to exit: its stack is gone then (musl's __unmapself). */
static bool exits_next(const struct finder *f, const struct code *c, size_t i)
{
	bool exit_number = false;

	for (size_t n = i + 1; n < f->count && n < i + 5; n++) {
		uint64_t offset = f->in[n].address - c->address;
		int32_t number;
		bool writes;

		if (f->in[n].kind == KIND_SYSCALL)
			return exit_number;
		if (f->in[n].kind != KIND_PLAIN)
			return false;
		if (decode_number(&f->decoder, c->bytes + offset, c->size - offset, &number, &writes))
			exit_number = number == NR_EXIT;
	}
	return false;
}

/* mov $15,%rax or %eax; syscall: what debuggers and unwinders know a signal's frame by (libgcc's
 * linux-unwind.h). */
static bool is_restorer(const struct code *c, const struct site *s)
{
	static const unsigned char imm[] = {0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
	uint64_t at = s->address - c->address;
	const unsigned char *p = c->bytes + at - 4;

	return at >= 7 && !memcmp(p, imm, sizeof imm) &&
	       ((p[-3] == 0x48 && p[-2] == 0xc7 && p[-1] == 0xc0) || p[-1] == 0xb8);
}

void choose_way(const struct finder *f, const struct code *c, size_t i, struct site *s)
{
	if (s->number == NR_RT_SIGRETURN || is_restorer(c, s))
		s->reason = SYSLAYER_REASON_SIGRETURN;
	/*
	 * musl (__cp_end), glibc from 2.41 on (__syscall_cancel_arch_end) and qemu (safe_syscall_end)
	 * ask in a signal handler whether the pc is at or before the call, which must stay true from
	 * the check of a flag on up to the instruction itself: moved, pthread_cancel hangs. See
	 * x86_64-range.c.
	 */
	else if (targets_pointed(&f->targets, s->address + 2))
		s->reason = SYSLAYER_REASON_COMPARED;
	else if (s->number == SITE_UNKNOWN)
		s->way = WAY_GATE;
	else if (s->number == NR_CLONE || s->number == NR_VFORK || s->number == NR_CLONE3 ||
	         (s->number == NR_MUNMAP && exits_next(f, c, i)))
		s->way = WAY_ASK;
	/* Go has told another thread by then that the stack may be used for something else. */
	else if (s->number == NR_EXIT)
		s->way = WAY_LAST;
	else if ((uint32_t)s->number >= SYSLAYER_SLOT_COUNT)
		s->reason = SYSLAYER_REASON_NUMBER;
	else
		s->way = WAY_SLOT;
}
