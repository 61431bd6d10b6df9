// SPDX-License-Identifier: BSD-2-Clause
/* Reads from addresses that may be none. */
#include "library.h"

/*
 * Whether the page of p may be read: do_sigaction() in kernel/signal.c copies the 32 bytes before it
 * refuses the signal 0. Half the price of process_vm_readv(2), and no filter forbids it.
 */
static int is_readable(uintptr_t p)
{
	/* Not at the start of the page: 0 would be "none given". */
	return syslayer_sys(__NR_rt_sigaction, 0, (p & ~(uintptr_t)(SYSLAYER_PAGE - 1)) + 64, 0, 8) !=
	       -EFAULT;
}

size_t syslayer_peek(void *to, const void *from, size_t size)
{
	const char *s = from;
	char *t = to;
	size_t n = 0;

	while (n < size) {
		size_t page = SYSLAYER_PAGE - ((uintptr_t)(s + n) & (SYSLAYER_PAGE - 1));
		size_t end = size - n < page ? size : n + page;

		if (!is_readable((uintptr_t)(s + n)))
			break;
		for (; n < end; n++)
			t[n] = s[n];
	}
	return n;
}

long syslayer_peek_string(char *to, const char *from, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		const char *s = from + n;

		if ((!n || !((uintptr_t)s & (SYSLAYER_PAGE - 1))) && !is_readable((uintptr_t)s)) {
			*to = 0;
			return -EFAULT;
		}
		to[n] = *s;
		if (!*s)
			return (long)n;
	}
	to[size - 1] = 0;
	return (long)size;
}
