/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of functions, for people to read. */
#ifndef ENGINE_SYMBOLS_H
#define ENGINE_SYMBOLS_H

#include "object.h"

/* The function that holds the address, or NULL; *offset: of the address in it. */
const char *symbol_at(const struct object *o, uint64_t address, uint64_t *offset);

#endif
