/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a site. */
#ifndef LAYERS_GATE_H
#define LAYERS_GATE_H

#include <syslayer/abi.h>

/*
 * Of what a slot was asked with: the site's own frame. The gate asks with another one below it, and goes on
 * at jrcxz and pop %rcx (runtime/entry-x86_64.S).
 */
static inline const unsigned long *gate_site(const unsigned long *frame)
{
	const unsigned char *goes_on = (const unsigned char *)frame[0];

	return goes_on[0] == 0xe3 && goes_on[2] == 0x59 ? frame + SYSLAYER_FRAME / sizeof *frame : frame;
}

#endif
