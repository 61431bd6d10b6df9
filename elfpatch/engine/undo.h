/* SPDX-License-Identifier: BSD-2-Clause */
/* The record by which restore gives the original back; syslayer-abi(7), "The undo record". */
#ifndef ENGINE_UNDO_H
#define ENGINE_UNDO_H

#include "added.h"
#include "sums.h"

/* The program headers that the page has room for. */
#define UNDO_PHDRS ((ADDED_UNDO_SIZE - sizeof(struct syslayer_undo)) / sizeof(Elf64_Phdr))

/* As the page has it. */
struct undo {
	struct syslayer_undo record;
	Elf64_Phdr ph[UNDO_PHDRS];
};

/* Take down what the file is, before anything of it is changed; summed: what has been of it already. Returns
 * 0 or -1 with errno. */
int undo_begin(struct undo *u, struct object *o, const struct summed_list *summed);
/* Put the record into the page before the segment, which stands in the tail. from, to: what place_move()
 * moved, or 0. */
void undo_finish(const struct added *a, struct undo *u, uint64_t from, uint64_t to);
/* The record of a file, whether it has one that is whole. */
bool undo_read(struct syslayer_undo *u, const struct added *a);
/* The original's program headers, u->phnum of them; they are copied. */
void undo_read_phdrs(Elf64_Phdr *ph, const struct syslayer_undo *u, const struct added *a);
/* Which of the original's bytes the file has, when sites and search table are as they were: all, those that
 * are loaded, or others; or it cannot be known, with errno. */
enum undo_match { UNDO_ALL, UNDO_LOADED, UNDO_OTHER, UNDO_UNKNOWN };
enum undo_match undo_match(const struct syslayer_undo *u, const Elf64_Phdr *ph, const struct object *o);
/* Whether the page is what undo_finish() left, or empty. */
bool undo_page_is_whole(const struct added *a);

/*
 * restore-loaded.c: of a file that another tool has written anew, such as strip: the original's headers and
 * what it loads, which is in its place already, with the sections that are not loaded and that the file still
 * has.
 */
int restore_loaded(const struct added *a, const struct syslayer_undo *u, const Elf64_Phdr *ph,
                   struct error *e);

/* restore.c: the original; *exact: byte for byte, or else as restore_loaded() has it. */
int restore(struct object *o, bool *exact, struct error *e);

#endif
