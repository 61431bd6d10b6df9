/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks what syslayer added to a file and changed in it. */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "sites.h"
#include "stamp.h"

/*
 * 0: all is well. -1: *e says what is not; its status is STATUS_NEGATIVE for what is wrong, or
 * STATUS_TROUBLE where the headers are so damaged that nothing can be found by them. A file
 * without a section: STATUS_NEGATIVE, and *has is false.
 */
int verify(struct object *o, bool *has, struct error *e);

/* The parts, each in a file of its own. */
int verify_headers(const struct added *a, const struct section_phdrs *s,
                   struct error *e);                      /* verify-headers.c */
int verify_sites(const struct added *a, struct error *e); /* verify-sites.c */

/* Something is wrong: WRONG(e, field, offset, format, ...). Returns -1. */
#define WRONG(e, ...) fail((e), STATUS_NEGATIVE, __VA_ARGS__)

#endif
