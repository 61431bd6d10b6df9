// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer: its start, its end, and the calls that need more than to be counted. */
#include <linux/prctl.h>
#include "count.h"
#include "output.h"

#pragma GCC visibility push(hidden)
void count_call(struct syslayer_call *c);
void count_guard(struct syslayer_call *c);
#pragma GCC visibility pop

SYSLAYER_WIPED uint64_t count_calls[SYSLAYER_SLOT_COUNT];
SYSLAYER_WIPED uint64_t count_errors[SYSLAYER_SLOT_COUNT];
struct count_settings count_settings;

/* A later chdir(2) must not move the output. */
static void set_output(const char *path)
{
	char *output = count_settings.output;
	struct syslayer_text t;

	syslayer_text_init(&t, output, sizeof count_settings.output - 1);
	if (*path != '/' && syslayer_sys(__NR_getcwd, output, sizeof count_settings.output) > 0 &&
	    *output == '/') {
		t.at += syslayer_length(output);
		syslayer_puts(&t, "/");
	}
	syslayer_puts(&t, path);
	*t.at = 0;
	/* A path that was cut is another path. */
	if (t.at == t.end)
		*output = 0;
}

static void start(const struct syslayer_start *s)
{
	const char *output = syslayer_getenv(s, "SYSLAYER_OUTPUT");
	const char *format = syslayer_getenv(s, "SYSLAYER_FORMAT");

	syslayer_sys(__NR_prctl, PR_GET_NAME, count_settings.comm);
	if (output && *output)
		set_output(output);
	if (!*count_settings.output)
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

void count_result(struct syslayer_call *c)
{
	if ((unsigned long)c->result >= -4095UL)
		__atomic_add_fetch(&count_errors[c->number], 1, __ATOMIC_RELAXED);
}

void count_call(struct syslayer_call *c)
{
	__atomic_add_fetch(&count_calls[c->number], 1, __ATOMIC_RELAXED);
	/* What is made elsewhere is to stay there. */
	if (!c->asked)
		c->after = count_result;
}

/* Before a call that could take the output away. */
void count_guard(struct syslayer_call *c)
{
	output_guard(c);
	count_call(c);
	if (c->answered)
		count_result(c);
}
