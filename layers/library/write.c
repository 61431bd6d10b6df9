// SPDX-License-Identifier: BSD-2-Clause
/* Writing from within a program: it must not notice, whatever becomes of the write. */
#include <asm/signal.h>
#include <syslayer/layer.h>

#define BIT(sig) (1UL << ((sig)-1))

long syslayer_write(int fd, const char *s, size_t length)
{
	/* SIGTTOU: tty_check_change() lets a background process write that blocks it. */
	const unsigned long block = BIT(SIGPIPE) | BIT(SIGXFSZ) | BIT(SIGTTOU);
	const long now[2] = {0, 0};
	unsigned long mask, pending = ~0UL, mine;
	long r = 0;

	if (syslayer_sys(__NR_rt_sigprocmask, SIG_BLOCK, &block, &mask, 8) < 0)
		return -EPERM;
	/* A filter forbids what it takes to have no signal of it. */
	if (syslayer_sys(__NR_rt_sigpending, &pending, 8) < 0) {
		syslayer_sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
		return -EPERM;
	}
	while (length) {
		r = syslayer_sys(__NR_write, fd, s, length);
		if (r == -EINTR)
			continue;
		if (r <= 0)
			break;
		s += r;
		length -= (size_t)r;
	}
	/* Take back what the write made; what the program had pending before stays. */
	mine = (r == -EPIPE ? BIT(SIGPIPE) : r == -EFBIG ? BIT(SIGXFSZ) : 0) & ~pending;
	if (mine)
		syslayer_sys(__NR_rt_sigtimedwait, &mine, 0, now, 8);
	syslayer_sys(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	return length ? r ? r : -EIO : 0;
}
