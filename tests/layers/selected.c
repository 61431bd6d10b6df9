// SPDX-License-Identifier: BSD-2-Clause
/* A layer that chooses its numbers at the start: those whose names' first letters are in SELECT. */
#include <syslayer/layer.h>

static void answer(struct syslayer_call *c)
{
	syslayer_answer(c, 1000 + (long)c->number);
}
SYSLAYER_HANDLE_SELECTED(answer);

static void start(const struct syslayer_start *s)
{
	const char *select = syslayer_getenv(s, "SELECT");

	for (; select && *select; select++)
		syslayer_selected[*select == 'r'   ? __NR_read
		                  : *select == 'p' ? __NR_getppid
		                                   : __NR_vfork] = 1;
}
SYSLAYER_START(start);

SYSLAYER_LAYER("selected");
