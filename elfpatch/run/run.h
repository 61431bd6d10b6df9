/* SPDX-License-Identifier: BSD-2-Clause */
/* What a start with everything in the cache shares with one that has to rewrite something. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "plan.h"

/* A fresh plan, with LOCK_SH. Returns 0 or -1. */
typedef int have_plan(struct plan *p, struct cache *c, const struct wanted *w, struct error *e);

/* Becomes the program, or returns an exit status. engine: the file of the elfpatch that rewrites. */
int run_program(const struct options *options, char **files, const char *engine, have_plan *have);

#endif
