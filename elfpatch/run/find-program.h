/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RUN_FIND_PROGRAM_H
#define RUN_FIND_PROGRAM_H

/* By PATH, unless there is a slash in the name. path: PATH_MAX bytes. Returns 0 or an errno. */
int find_program(const char *name, char *path);

#endif
