// SPDX-License-Identifier: BSD-2-Clause
/*
 * The layer that pins: each slot makes its own call only, and a call that is not made in the section ends the
 * process, or is reported. Syscall User Dispatch catches it.
 */
#include "set.h"
#include "words.h"

static int reports;

static void say(unsigned number, unsigned long address)
{
	char line[160];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, "syslayer: pin: ");
	if (*set_name(number)) {
		syslayer_puts(&t, set_name(number));
	} else {
		syslayer_puts(&t, "call ");
		syslayer_putn(&t, number, 0);
	}
	syslayer_puts(&t, " at ");
	syslayer_putx(&t, address);
	syslayer_puts(&t, ", outside of the section\n");
	syslayer_write(2, line, (size_t)(t.at - line));
}

static int refuse(unsigned number, unsigned long address)
{
	say(number, address);
	return !reports;
}

static void start(const struct syslayer_start *s)
{
	const char *mode = syslayer_getenv(s, "SYSLAYER_PIN");

	if (mode && *mode && !syslayer_equal(mode, "kill")) {
		if (!syslayer_equal(mode, "report"))
			word_stop("pin", "SYSLAYER_PIN", (struct word){mode, syslayer_length(mode)},
			          "not kill or report");
		reports = 1;
	}
	if (syslayer_catch(s, refuse))
		word_stop("pin", NULL, (struct word){0},
		          "the kernel has no Syscall User Dispatch (Linux 5.11)");
}
SYSLAYER_START(start);
SYSLAYER_PINNED;
SYSLAYER_LAYER("pin");
