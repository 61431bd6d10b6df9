/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the layers' library share, beside its interface. */
#ifndef LAYERS_LIBRARY_H
#define LAYERS_LIBRARY_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* The image: image_base begins it. Of the linker script. */
extern const char image_base[], image_end[];
/* What a child of fork finds zeroed; and what makes it so, once. */
extern char state_start[], state_wiped_end[];
void syslayer_wipe(void);

/* Calls f(a, b, c) on a stack of the layer's own. */
#define syslayer_on_stack(f, a, b, c) syslayer_run((void (*)(void))(f), (long)(a), (long)(b), (long)(c))

/* Of the layer, by slot-x86_64.h; they do nothing where it has none. */
void syslayer_start_hook(const struct syslayer_start *start);
void syslayer_end_hook(const struct syslayer_end *end);
/* 1 if it has an end hook. */
extern const char syslayer_has_end_hook;

/* Of end.c, by slot-x86_64.h, so that it is left out of layers that have no end hook. */
void syslayer_end_before(struct syslayer_call *c);
void syslayer_end_signal(int sig);
void syslayer_before_fork(void);

/* exit(2) of one thread is about to be called: whether it ends the process. */
int syslayer_is_last_thread(void);
/* A thread may be born. */
void syslayer_thread_comes(void);

/* A signal stack may be set up. */
void syslayer_alternate_comes(const struct syslayer_call *c);

/* follow.c: under elfpatch run, the settings of the layer go from the program's sight to its children. */
void syslayer_follow(const struct syslayer_start *start);
/* execve(2) or execveat(2): result or -errno. */
long syslayer_exec(const struct syslayer_call *c);

void syslayer_signal_init(void);
/* rt_sigaction(2) for the program, which does not see our handler: result or -errno. */
long syslayer_sigaction(const struct syslayer_call *c);

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#pragma GCC visibility pop

#endif
