/* SPDX-License-Identifier: BSD-2-Clause */
/* The record by which restore gives the original back; syslayer-abi(7), "The undo record". */
#ifndef ENGINE_UNDO_H
#define ENGINE_UNDO_H

#include "added.h"

/* Take down what the file is, before anything of it is changed. */
void undo_begin(struct syslayer_undo *u, const struct object *o);
/* Put the record into the page before the segment, which stands in the tail. from, to: what place_move()
 * moved, or 0. */
void undo_finish(const struct added *a, struct syslayer_undo *u, uint64_t from, uint64_t to);
/* The record of a file, whether it has one that is whole. */
bool undo_read(struct syslayer_undo *u, const struct added *a);
/* Whether the file's first bytes are the original's. */
bool undo_sum_matches(const struct syslayer_undo *u, const struct object *o);
/* Whether the page is what undo_finish() left, or empty. */
bool undo_page_is_whole(const struct added *a);

/* restore.c: the original. */
int restore(struct object *o, bool *changed, struct error *e);

#endif
