/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment by which the program gets its layer. */
#ifndef RUN_LAYER_H
#define RUN_LAYER_H

#include "cmd.h"

/* engine: the elfpatch that rewrites. Returns 0, or -1 after a message. */
int choose_layer(const struct options *options, const char *engine);

#endif
