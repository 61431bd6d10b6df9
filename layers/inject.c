// SPDX-License-Identifier: BSD-2-Clause
/* The layer that injects faults: errors, results, signals, delays. */
#include "inject.h"

/* How often a number was called, as a child counts from 1 on. */
static SYSLAYER_WIPED unsigned long calls[SYSLAYER_SLOT_COUNT];

/* splitmix64: the nth number of a series, without a state that threads would share. */
static unsigned long mixed(unsigned long n)
{
	n *= 0x9e3779b97f4a7c15UL;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9UL;
	n = (n ^ n >> 27) * 0x94d049bb133111ebUL;
	return n ^ n >> 31;
}

static int is_due(const struct fault *f, unsigned long number)
{
	unsigned long n = __atomic_add_fetch(&calls[number], 1, __ATOMIC_RELAXED);

	if (n < f->first || n > f->last || (f->step && (n - f->first) % f->step))
		return 0;
	return !f->chance || mixed(mixed(f->seed + 1) + (number << 40) + n) >> 32 < f->chance;
}

static void wait(unsigned long ns)
{
	long t[2] = {(long)(ns / 1000000000), (long)(ns % 1000000000)};

	if (ns)
		while (syslayer_sys(__NR_nanosleep, t, t) == -EINTR)
			;
}

static void after(struct syslayer_call *c)
{
	wait(c->keep[0]);
}

static void inject(struct syslayer_call *c)
{
	const struct fault *f = &inject_faults[inject_fault_of[c->number] - 1];

	if (!is_due(f, c->number))
		return;
	if (f->signal)
		syslayer_sys(__NR_tgkill, syslayer_sys(__NR_getpid), syslayer_sys(__NR_gettid), f->signal);
	wait(f->before);
	if (f->answers) {
		wait(f->after);
		syslayer_answer(c, f->result);
		return;
	}
	if (f->has_call)
		c->number = f->call;
	c->keep[0] = f->after;
	if (f->after)
		c->after = after;
}
SYSLAYER_HANDLE_SELECTED(inject);

static void start(const struct syslayer_start *s)
{
	inject_read(s);
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		syslayer_selected[i] = inject_fault_of[i];
}
SYSLAYER_START(start);

SYSLAYER_LAYER("inject");
