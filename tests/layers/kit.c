// SPDX-License-Identifier: BSD-2-Clause
/* A layer that does what a layer may do, by numbers that no call has; kit-host.c calls them. */
#include <linux/time_types.h>
#include <syslayer/layer.h>
#include "kit.h"

static void plus_keep(struct syslayer_call *c)
{
	c->result += (long)(c->keep[0] + c->keep[1]);
}

/* Most of the stack, in a way that no compiler leaves out. */
static long fill(long n)
{
	volatile char big[48000];

	for (unsigned i = 0; i < sizeof big; i++)
		big[i] = (char)n;
	return big[100] + big[sizeof big - 1];
}

static void kit(struct syslayer_call *c)
{
	const long *a = c->argument;
	const struct __kernel_timespec pause = {.tv_nsec = 20000000};
	char text[16];

	switch (c->number) {
	case KIT_ANSWER:
		syslayer_answer(c, a[0] + a[1] + a[2] + a[3] + a[4] + a[5]);
		break;
	case KIT_GETPPID:
		c->number = __NR_getppid;
		break;
	case KIT_AFTER:
		c->number = __NR_dup;
		c->argument[0] = -1;
		c->keep[0] = 10;
		c->keep[1] = 100;
		c->after = plus_keep;
		break;
	case KIT_STACK:
		syslayer_answer(c, fill(a[0]));
		break;
	case KIT_SIGNAL:
		syslayer_sys(__NR_tgkill, syslayer_sys(__NR_getpid), syslayer_sys(__NR_gettid), a[0]);
		syslayer_answer(c, a[1]);
		break;
	case KIT_MAKE:
		c->number = (unsigned long)a[0];
		c->argument[0] = a[1];
		c->argument[1] = a[2];
		c->argument[2] = a[3];
		syslayer_answer(c, syslayer_make(c));
		break;
	case KIT_WAIT:
		syslayer_sys(__NR_nanosleep, &pause);
		syslayer_answer(c, fill(a[0]));
		break;
	case KIT_CRASH:
		syslayer_answer(c, *(volatile char *)a[0]);
		break;
	case KIT_CRASH_CALL:
		syslayer_answer(c, ((long (*volatile)(void))a[0])() + 1);
		break;
	case KIT_PEEK:
		syslayer_answer(c, (long)syslayer_peek(text, (void *)a[0], sizeof text));
		break;
	case KIT_PEEK_STRING:
		syslayer_answer(c, syslayer_peek_string(text, (char *)a[0], sizeof text));
		break;
	}
}
SYSLAYER_HANDLE_ALL(kit);

/* Asked about: only answers count. */
static void no_vfork(struct syslayer_call *c)
{
	if (c->asked)
		syslayer_answer(c, -EAGAIN);
}
SYSLAYER_HANDLE(vfork, no_vfork);

#ifdef KIT_END
static void end(const struct syslayer_end *e)
{
	char line[64];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, e->why == SYSLAYER_EXIT ? "exit " : e->why == SYSLAYER_EXEC ? "exec " : "signal ");
	syslayer_putn(&t, (uint64_t)e->status, 0);
	syslayer_puts(&t, "\n");
	syslayer_write(2, line, (size_t)(t.at - line));
}
SYSLAYER_END(end);
#endif

SYSLAYER_LAYER("kit");
