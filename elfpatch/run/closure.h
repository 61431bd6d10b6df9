/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files make the system calls of a program. */
#ifndef RUN_CLOSURE_H
#define RUN_CLOSURE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Names as they are opened, links not followed: what they lead to may change. */
struct paths {
	struct path {
		char *name;
		enum role {
			ROLE_PROGRAM, /* the program, or what runs the script */
			ROLE_SCRIPT,
			ROLE_INTERPRETER, /* PT_INTERP */
			ROLE_LIBRARY,     /* what it needs */
			ROLE_SYSTEM,      /* what other programs, and dlopen(3), would have */
			ROLE_WATCHED,     /* decides about the others; may be missing */
		} role;
	} * p;
	size_t count, room;
};
/* Unless it is there. Returns 0 or -1 (no memory). */
int paths_add(struct paths *p, const char *name, enum role role);
void paths_free(struct paths *p);

/* start.c: how a file is started. */
struct start {
	enum {
		START_OTHER, /* not readable, or the kernel knows what to do with it */
		START_SCRIPT,
		START_STATIC,
		START_DYNAMIC,
	} kind;
	char interpreter[PATH_MAX]; /* of a script, or PT_INTERP */
	char argument[256];         /* of the script's first line */
};
void find_start(const char *path, struct start *s);
void find_start_fd(int fd, struct start *s);

/* closure.c: the program, what it needs, and what decides about that. Returns 0 or -1 (no memory). */
int closure(const char *program, struct paths *all);

/* system.c: the dynamic linkers, and the libraries of /etc/ld.so.cache, which it watches. */
int system_files(struct paths *all);

#endif
