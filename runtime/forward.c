// SPDX-License-Identifier: BSD-2-Clause
/* What the first call of an object does whose stubs go on to another's. */
#include "primary.h"

/*
 * In the section's writable rest, the first that is there, as others may have set it already: the kernel that
 * has mapped, or the layer (syslayer-abi(7), "The added segment").
 */
struct {
	const char *primary;
	unsigned char tried;
} forward_state __attribute__((visibility("hidden")));
extern const char forward_base[] __attribute__((visibility("hidden")));
void forward_join(void) __attribute__((visibility("hidden")));

/* Threads may be here side by side, and signal handlers in between: all of them find the same. */
void forward_join(void)
{
	const char *primary = primary_section();

	if (primary && primary != forward_base)
		__atomic_store_n(&forward_state.primary, primary, __ATOMIC_RELEASE);
	__atomic_store_n(&forward_state.tried, 1, __ATOMIC_RELEASE);
}
