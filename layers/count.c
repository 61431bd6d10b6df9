// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer: its start, its end, and the calls that need more than to be counted. */
#include <linux/limits.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include "count.h"
#include "output.h"

#pragma GCC visibility push(hidden)
void count_call(struct syslayer_call *c);
#pragma GCC visibility pop

SYSLAYER_WIPED struct count_row count_alone[SYSLAYER_SLOT_COUNT];
SYSLAYER_WIPED_LARGE struct count_row count_shared[SYSLAYER_SLOT_COUNT];
_Static_assert(offsetof(struct count_row, errors) == 8 && sizeof(struct count_row) == 24, "as in count.S");
unsigned long count_is_initial;
struct count_settings count_settings;

/* A path of usual length shares a page with what is written anyway. */
static char output_near[256];
static SYSLAYER_LARGE char output_far[PATH_MAX];

/* 0 if it does not fit. A later chdir(2) must not move the output. */
static int put_output(char *to, size_t size, const char *path)
{
	struct syslayer_text t;

	syslayer_text_init(&t, to, size - 1);
	if (*path != '/') {
		long length = syslayer_sys(__NR_getcwd, to, size);

		if (length == -ERANGE)
			return 0;
		if (length > 0 && *to == '/') {
			t.at += length - 1;
			syslayer_puts(&t, "/");
		}
	}
	syslayer_puts(&t, path);
	*t.at = 0;
	return t.at < t.end;
}

/* A path that was cut is another path. */
static void set_output(const char *path)
{
	if (put_output(output_near, sizeof output_near, path))
		count_settings.output = output_near;
	else if (put_output(output_far, sizeof output_far, path))
		count_settings.output = output_far;
}

/*
 * Where the kernel has put it, at the end of all addresses: nothing is mapped above, where it might be the
 * stack of another thread, and for 128 MiB and more below only what asks for the very place.
 */
static void know_initial_stack(unsigned long top)
{
	if (top >> 36 == 0x7ff)
		count_is_initial = (8UL << 20) - top;
}

static void start(const struct syslayer_start *s)
{
	const char *output = syslayer_getenv(s, "SYSLAYER_OUTPUT");
	const char *format = syslayer_getenv(s, "SYSLAYER_FORMAT");

	know_initial_stack((unsigned long)s->stack);
	count_time_start();
	syslayer_sys(__NR_prctl, PR_GET_NAME, count_settings.comm);
	if (output && *output)
		set_output(output);
	if (!count_settings.output)
		output_keep_error();
	count_settings.json = format && syslayer_equal(format, "json");
	count_settings.sum = format && syslayer_equal(format, "sum");
}
SYSLAYER_START(start);

static void end(const struct syslayer_end *e)
{
	(void)e;
	count_report();
}
SYSLAYER_END(end);

static int is_on_initial_stack(unsigned long at)
{
	return at + count_is_initial < at;
}

/* For a call that is made with this stack. One instruction: it is whole for a signal. */
static void add(unsigned long stack, uint64_t *alone, uint64_t *shared, uint64_t n)
{
	if (is_on_initial_stack(stack))
		__asm__ volatile("addq %1, %0" : "+m"(*alone) : "r"(n) : "cc");
	else
		__atomic_add_fetch(shared, n, __ATOMIC_RELAXED);
}

/* Who gives a piece of the initial stack to a new thread shares it. */
static void stack_comes(const struct syslayer_call *c)
{
	/* struct clone_args, as far as is needed */
	unsigned long args[7] = {0};

	if (c->number == __NR_clone3)
		syslayer_peek(args, (const void *)c->argument[0], sizeof args);
	else if (c->number == __NR_clone)
		args[0] = (unsigned long)c->argument[0], args[5] = (unsigned long)c->argument[1];
	if ((args[0] & (CLONE_VM | CLONE_VFORK)) == CLONE_VM && is_on_initial_stack(args[5]))
		count_is_initial = 0;
}

void count_add_at(unsigned long stack, unsigned long number)
{
	add(stack, &count_alone[number].calls, &count_shared[number].calls, 1);
}

void count_add(struct syslayer_call *c)
{
	count_add_at((unsigned long)c, (unsigned long)c->number);
	stack_comes(c);
	if (c->number == __NR_seccomp ||
	    (c->number == __NR_prctl && (c->argument[0] == PR_SET_SECCOMP || c->argument[0] == PR_SET_TSC)))
		count_before_filter();
}

void count_result(struct syslayer_call *c)
{
	if ((unsigned long)c->result >= -4095UL)
		add((unsigned long)c, &count_alone[c->number].errors, &count_shared[c->number].errors, 1);
}

void count_ticks(const struct syslayer_call *c, uint64_t ticks)
{
	add((unsigned long)c, &count_alone[c->number].ticks, &count_shared[c->number].ticks, ticks);
}

void count_call(struct syslayer_call *c)
{
	count_add(c);
	/* What is made elsewhere is to stay there. */
	if (syslayer_is_told(c) || c->answered)
		c->after = count_result;
}
