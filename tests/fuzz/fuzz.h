/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzz targets share: one target a program, each with a target() of its own. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include "sites.h"
#include "stamp.h"
#include "verify.h"

/* Try one input. Whatever is wrong ends the process. */
void target(const unsigned char *bytes, size_t size);
/* Once, before the first. */
void target_begin(void);

/* A promise of the engine's that does not hold: says which, and aborts. */
void broken(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* file.c: bytes as a file of a number below FILES, whose descriptor it returns. */
#define FILES 4
int file_put(unsigned number, const unsigned char *bytes, size_t size);
/* The edited object as a file, as save() would write it. */
int file_save(unsigned number, const struct object *o);
/* The descriptor of a file that was put or saved. */
int file_of(unsigned number);
/* restore makes one file of another, and it is the original. what: how that was changed. */
void must_be_given_back(unsigned from, unsigned to, unsigned original, const char *what);
/* Whether two files have the same bytes. */
bool file_same(unsigned number, unsigned other);

/* file.c: open a file that the engine has made, and hold it to verify(). what: how it was made. */
void must_be_well(unsigned number, const char *what);
/* An edit that failed must say why: its status and text. */
void must_say_why(const struct error *e, const char *what);

/* bases.c: files to edit, made from the programs in FUZZ_BASES; their number, at most BASES. */
#define BASES 32
struct base {
	unsigned char *bytes, *original; /* now, and before syslayer was at it */
	size_t size, original_size;
};
extern struct base bases[BASES];
extern size_t base_count;
void bases_read(void);

#endif
