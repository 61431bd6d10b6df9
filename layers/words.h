/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a line or a list, and the end of a program whose settings are wrong. */
#ifndef LAYERS_WORDS_H
#define LAYERS_WORDS_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

struct word {
	const char *at;
	size_t length;
};

/* The next word of the text from *at to end, between characters of `between`; length 0: there is none. */
struct word word_next(const char **at, const char *end, const char *between);
int word_is(struct word w, const char *s);
/* Whether it begins with prefix; then that is taken off. */
int word_begins(struct word *w, const char *prefix);

/*
 * Prints "syslayer: LAYER: WHERE: WORD: WHAT" and ends the program with 127. where may be 0, and word
 * empty.
 */
__attribute__((noreturn)) void word_stop(const char *layer, const char *where, struct word w,
                                         const char *what);

#pragma GCC visibility pop

#endif
