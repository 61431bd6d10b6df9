/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of functions, for people to read. */
#ifndef ENGINE_SYMBOLS_H
#define ENGINE_SYMBOLS_H

#include "object.h"

struct symbols {
	const struct object *o;
	struct symbol {
		uint64_t start, size; /* address, bytes */
		uint32_t name;
		bool global;
	} * symbol;
	size_t count;
	size_t strings; /* section of the names */
};

/* The functions of .symtab, or else of .dynsym. Returns 0 or -1 with errno; symbols_free() in both cases. */
int symbols_read(struct symbols *s, const struct object *o);
void symbols_free(struct symbols *s);

/* The function that holds the address, or NULL; *offset: of the address in it. */
const char *symbol_at(const struct symbols *s, uint64_t address, uint64_t *offset);

#endif
