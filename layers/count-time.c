// SPDX-License-Identifier: BSD-2-Clause
/*
 * The counting layer with times: each call goes through C, and the processor's clock is read before
 * and after it.
 */
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include "count.h"
#include "output.h"

const int count_has_time = 1;

/* A thread has been forbidden to read it; what is called from then on takes no time. */
static int is_forbidden;

static uint64_t now(void)
{
	return is_forbidden ? 0 : __builtin_ia32_rdtsc();
}

static uint64_t clock(void)
{
	long t[2] = {0};

	syslayer_sys(__NR_clock_gettime, 1, t);
	return (uint64_t)t[0] * 1000000000 + (uint64_t)t[1];
}

struct moment {
	uint64_t ns, ticks;
};

/* By both clocks: of a few readings, that in which the least time lies between the two. */
static struct moment moment(void)
{
	struct moment best = {0};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 8; i++) {
		uint64_t before = now(), ns = clock(), after = now();

		if (after - before < least) {
			least = after - before;
			best = (struct moment){ns, before + least / 2};
		}
	}
	return best;
}

/* Its pace, from a while that is long enough to tell; the system's clock is exact to less than a microsecond.
 */
static uint64_t ticks_in_10_ms(void)
{
	static uint64_t pace;
	struct moment from, to;

	if (!pace && is_forbidden)
		return UINT64_MAX;
	if (!pace) {
		from = moment();
		do
			to = moment();
		while (to.ns && to.ns - from.ns < 1000000);
		/* A filter forbids the clock. */
		if (!to.ns)
			return UINT64_MAX;
		pace = (to.ticks - from.ticks) * 10000000 / (to.ns - from.ns);
	}
	return pace;
}

uint64_t count_nanoseconds(uint64_t ticks)
{
	uint64_t pace;

	if (!ticks)
		return 0;
	pace = ticks_in_10_ms();
	return ticks / pace * 10000000 + ticks % pace * 10000000 / pace;
}

void count_time_start(void)
{
	int mode = PR_TSC_ENABLE;

	syslayer_sys(__NR_prctl, PR_GET_TSC, &mode);
	is_forbidden = mode == PR_TSC_SIGSEGV;
}

static void taken(struct syslayer_call *c)
{
	if (c->keep[0] && !is_forbidden)
		count_ticks(c, now() - c->keep[0]);
	count_result(c);
}

/* Whether it decides about the clock: prctl(2), and seccomp's strict mode, which forbids it, too. */
static int forbids(const struct syslayer_call *c)
{
	const long *a = c->argument;

	return (c->number == __NR_seccomp && a[0] == SECCOMP_SET_MODE_STRICT) ||
	       (c->number == __NR_prctl && ((a[0] == PR_SET_SECCOMP && a[1] == SECCOMP_MODE_STRICT) ||
	                                    (a[0] == PR_SET_TSC && a[1] == PR_TSC_SIGSEGV)));
}

static void changed(struct syslayer_call *c)
{
	if (!c->result)
		is_forbidden = forbids(c);
	count_result(c);
}

static void count_and_time(struct syslayer_call *c)
{
	count_add(c);
	output_guard(c);
	if (c->answered) {
		count_result(c);
		return;
	}
	/* What is made elsewhere is to stay there. */
	if (!syslayer_is_told(c))
		return;
	if (forbids(c) || (c->number == __NR_prctl && c->argument[0] == PR_SET_TSC)) {
		c->after = changed;
		return;
	}
	c->after = taken;
	c->keep[0] = now();
}
SYSLAYER_HANDLE_ALL(count_and_time);

/* count.c has them. */
SYSLAYER_HAS(start);
SYSLAYER_HAS(end);
SYSLAYER_LAYER("count-time");
