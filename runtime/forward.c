// SPDX-License-Identifier: BSD-2-Clause
/* What the first call of an object does whose stubs go on to another's. */
#include "primary.h"

/* In the section's writable rest, behind the stubs. */
const char *forward_primary __attribute__((visibility("hidden")));
unsigned char forward_tried __attribute__((visibility("hidden")));
extern const char forward_base[] __attribute__((visibility("hidden")));
void forward_join(void) __attribute__((visibility("hidden")));

/* Threads may be here side by side, and signal handlers in between: all of them find the same. */
void forward_join(void)
{
	const char *primary = primary_section();

	if (primary && primary != forward_base)
		__atomic_store_n(&forward_primary, primary, __ATOMIC_RELEASE);
	__atomic_store_n(&forward_tried, 1, __ATOMIC_RELEASE);
}
