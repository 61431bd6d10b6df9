// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads from addresses that may be none, or are none any more when they are read. They are read as they are,
 * and the signal of a fault comes to a handler of ours, which lets the read go on behind it (peek.S); where
 * it does not come, the kernel is asked to read.
 */
#include <linux/sched.h>
#include <linux/uio.h>
#include "library.h"

#define BIT(sig) (1UL << ((sig)-1))
#define PIECE 64 /* of a string */

#pragma GCC visibility push(hidden)
/* Of peek.S. */
size_t syslayer_copy(void *to, const void *from, size_t n);
extern const char syslayer_copy_word[], syslayer_copy_bytes[], syslayer_copy_end[];
extern const unsigned long syslayer_waiting_signals;
#pragma GCC visibility pop

/* Handlers of ours stand for these signals, and will. */
static int are_ours;

static int is_fault(long sig)
{
	return sig == SIGSEGV || sig == SIGBUS;
}

void syslayer_peek_start(void)
{
	are_ours = 1;
}

void syslayer_peek_lost(long sig)
{
	if (is_fault(sig))
		are_ours = 0;
}

int syslayer_peek_failed(int sig, const siginfo_t *info, struct ucontext *uc)
{
	struct sigcontext *r = &uc->uc_mcontext;

	/* Not one that somebody has sent. */
	if (!is_fault(sig) || info->si_code <= 0 || !syslayer_is_peek(r->rip))
		return 0;
	r->rip = (unsigned long)(r->rip == (unsigned long)syslayer_copy_word ? syslayer_copy_bytes
	                                                                     : syslayer_copy_end);
	return 1;
}

int syslayer_is_peek(unsigned long rip)
{
	return rip == (unsigned long)syslayer_copy_word || rip == (unsigned long)syslayer_copy_bytes;
}

/*
 * Whether the signal comes. Blocked, it kills; and so many are blocked when the program is on a signal stack,
 * which the kernel would take for free (stack.S).
 */
static int comes(void)
{
	const unsigned long faults = BIT(SIGSEGV) | BIT(SIGBUS);
	const unsigned long waiting = syslayer_waiting_signals & ~(BIT(SIGKILL) | BIT(SIGSTOP));
	unsigned long mask;

	return are_ours && !syslayer_sys(__NR_rt_sigprocmask, SIG_BLOCK, 0, &mask, 8) && !(mask & faults) &&
	       (mask & waiting) != waiting;
}

/*
 * Whether the page of p may be read: do_sigaction() in kernel/signal.c copies the 32 bytes before it
 * refuses the signal 0.
 */
static int is_readable(uintptr_t p)
{
	/* Not at the start of the page: 0 would be "none given". */
	return syslayer_sys(__NR_rt_sigaction, 0, (p & ~(uintptr_t)(SYSLAYER_PAGE - 1)) + 64, 0, 8) !=
	       -EFAULT;
}

size_t syslayer_peek_steady(void *to, const void *from, size_t size)
{
	const char *s = from;
	char *t = to;
	size_t n = 0;

	while (n < size) {
		size_t page = SYSLAYER_PAGE - ((uintptr_t)(s + n) & (SYSLAYER_PAGE - 1));
		size_t part = size - n < page ? size - n : page, got;

		if (!is_readable((uintptr_t)(s + n)))
			break;
		got = syslayer_copy(t + n, s + n, part);
		n += got;
		if (got < part)
			break;
	}
	return n;
}

static size_t ask(void *to, const void *from, size_t size)
{
	const struct iovec here = {.iov_base = to, .iov_len = size};
	const struct iovec there = {.iov_base = (void *)from, .iov_len = size};
	long r = syslayer_sys(__NR_process_vm_readv, syslayer_sys(__NR_getpid), &here, 1, &there, 1, 0);

	if (r >= 0 || r == -EFAULT)
		return r < 0 ? 0 : (size_t)r;
	/* It cannot (CONFIG_CROSS_MEMORY_ATTACH), or a filter forbids it. */
	return syslayer_peek_steady(to, from, size);
}

size_t syslayer_peek(void *to, const void *from, size_t size)
{
	return (comes() ? syslayer_copy : ask)(to, from, size);
}

/* Where the string ends, or n. */
static size_t find_end(const char *s, size_t n)
{
	const uint64_t ones = ~0UL / 255;
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t w, zero;

		__builtin_memcpy(&w, s + i, 8);
		zero = (w - ones) & ~w & ones << 7;
		if (zero)
			return i + (unsigned)__builtin_ctzl(zero) / 8;
	}
	while (i < n && s[i])
		i++;
	return i;
}

long syslayer_peek_string(char *to, const char *from, size_t size)
{
	const int is_direct = comes();

	for (size_t n = 0; n < size;) {
		/* Behind its page may be nothing. */
		size_t part = SYSLAYER_PAGE - ((uintptr_t)(from + n) & (SYSLAYER_PAGE - 1)), got, end;

		if (is_direct && part > PIECE)
			part = PIECE;
		if (part > size - n)
			part = size - n;
		got = (is_direct ? syslayer_copy : ask)(to + n, from + n, part);
		end = find_end(to + n, got);
		if (end < got)
			return (long)(n + end);
		if (got < part) {
			*to = 0;
			return -EFAULT;
		}
		n += got;
	}
	to[size - 1] = 0;
	return (long)size;
}
