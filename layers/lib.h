/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the C code of every layer needs: raw system calls, strings, the environment. No
 * libc, no relocations: whatever is declared here and in a layer's own header is hidden,
 * else the compiler would reach it through a GOT that an image does not have.
 */
#ifndef LAYERS_LIB_H
#define LAYERS_LIB_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <stddef.h>
#include <syslayer/abi.h>

#pragma GCC visibility push(hidden)

/* A system call as the kernel has it, past the slots: result or -errno. At most five arguments. */
long layer_sys(long number, long a, long b, long c, long d, long e);
#define SYS(...) SYS_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYS_PADDED(n, a, b, c, d, e, ...)                                                                    \
	layer_sys((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

size_t layer_length(const char *s);
int layer_equal(const char *a, const char *b);

/* The value of NAME in the environment on the initial stack (x86-64 psABI 3.4.1), or 0. */
const char *layer_getenv(const long *stack, const char *name);

/* A growing text. What does not fit is left out, so a full one must be sized by its owner. */
struct layer_text {
	char *start, *at, *end;
};

/* A function, as an initialiser with addresses would be data with relocations. */
void layer_text_init(struct layer_text *t, char *start, size_t size);
void layer_put(struct layer_text *t, const char *s, size_t length);
void layer_puts(struct layer_text *t, const char *s);
/* In decimal, at least width wide. */
void layer_putn(struct layer_text *t, uint64_t n, unsigned width);
/* As a JSON string with its quotes; what is not UTF-8 becomes U+FFFD (RFC 8259, 7 and 8.1). */
void layer_put_json(struct layer_text *t, const char *s);

/*
 * All of it, in one write(2) where the kernel takes it in one. A signal that a write itself
 * makes (a pipe without reader, a file too large) does not reach the program, and a
 * background process is not stopped. 0 or -errno.
 */
long layer_write(int fd, const char *s, size_t length);

#pragma GCC visibility pop

#endif
