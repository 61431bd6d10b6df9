// SPDX-License-Identifier: BSD-2-Clause
/*
 * The layer that does nothing but catch the calls that are made outside of the section, and can say at the
 * end where they came from.
 */
#include "output.h"
#include "set.h"
#include "words.h"

static int reports;
static SYSLAYER_LARGE struct syslayer_place place;

static void start(const struct syslayer_start *s)
{
	const char *output = syslayer_getenv(s, "SYSLAYER_OUTPUT");
	const char *mode = syslayer_getenv(s, "SYSLAYER_EXHAUSTIVE");

	if (syslayer_catch(s, NULL))
		word_stop("exhaustive", NULL, (struct word){0},
		          "the kernel has no Syscall User Dispatch (Linux 5.11)");
	reports = (output && *output) || (mode && syslayer_equal(mode, "report"));
	if (!reports)
		return;
	if (!output || !*output || output_open(output))
		output_keep_error();
}
SYSLAYER_START(start);

static void put_place(struct syslayer_text *t)
{
	syslayer_putn(t, place.calls, 9);
	syslayer_puts(t, " ");
	if (*set_name(place.number))
		syslayer_puts(t, set_name(place.number));
	else
		syslayer_putn(t, place.number, 0);
	syslayer_puts(t, " at ");
	syslayer_puts(t, *place.file ? place.file : "memory without a name, ");
	if (*place.file)
		syslayer_puts(t, "+");
	syslayer_putx(t, *place.file ? place.offset : place.address);
	syslayer_puts(t, "\n");
}

/* One write for all, so that processes do not mix; what does not fit is left out. */
static void end(const struct syslayer_end *e)
{
	static SYSLAYER_LARGE char report[16384];
	struct syslayer_text t;
	uint64_t all = 0;
	int at = 0;

	(void)e;
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		all += syslayer_calls_outside(i);
	if (!reports || !all)
		return;
	syslayer_text_init(&t, report, sizeof report);
	syslayer_puts(&t, "exhaustive: process ");
	syslayer_putn(&t, (uint64_t)syslayer_sys(__NR_getpid), 0);
	syslayer_puts(&t, ": ");
	syslayer_putn(&t, all, 0);
	syslayer_puts(&t, all == 1 ? " call" : " calls");
	syslayer_puts(&t, " from outside of the section\n");
	while (t.end - t.at > 512 && (at = syslayer_place_outside((unsigned)at, &place)))
		put_place(&t);
	output_write(report, (size_t)(t.at - report));
}
SYSLAYER_END(end);

OUTPUT_GUARDED(output_guard);
SYSLAYER_LAYER("exhaustive");
