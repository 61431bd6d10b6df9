/* SPDX-License-Identifier: BSD-2-Clause */
/* The section that has the layer of a process: the interpreter's, or else the program's. */
#ifndef RUNTIME_PRIMARY_H
#define RUNTIME_PRIMARY_H

#include "runtime.h"

/*
 * The mapped section, or NULL: none of the two has one, or nothing is mapped there. A library
 * can be called before ld.so has initialised it, and is told nothing then; so the kernel is
 * asked for the aux vector that it gave the process, which ld.so does not change when it is
 * run as a program.
 */
const char *primary_section(void) __attribute__((visibility("hidden")));

#endif
