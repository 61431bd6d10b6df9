/* SPDX-License-Identifier: BSD-2-Clause */
/* A mount namespace of the program's own. */
#ifndef RUN_NAMESPACE_H
#define RUN_NAMESPACE_H

#include "plan.h"

/*
 * Make this process's own, with its user and group. Returns 0; 1: it is forbidden, nothing has happened, and
 * e says why; or -1. *user: a user namespace was needed for that.
 */
int namespace_enter(bool *user, struct error *e);
/* Put the rewritten files over their sources. Returns 0 or -1. */
int namespace_mount(const struct plan *p, const struct cache *c, struct error *e);

/*
 * library-path.c: the command that runs the program without a namespace: by its rewritten interpreter, with a
 * folder of rewritten libraries. Returns 0 or -1; what it allocates is left to exec.
 */
struct command {
	char file[PATH_MAX];
	char **arguments;
};
int without_namespace(const struct plan *p, const struct cache *c, const char *program, char **arguments,
                      struct command *r, struct error *e);

#endif
