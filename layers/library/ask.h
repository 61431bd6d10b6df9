/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to elfpatch run's broker. */
#ifndef LAYERS_ASK_H
#define LAYERS_ASK_H

#include <syslayer/run.h>
#include "library.h"

#pragma GCC visibility push(hidden)

/* Of SYSLAYER_RUN; empty: nobody is there to be asked. */
extern char syslayer_broker[SYSLAYER_RUN_LENGTH + 1];
/* The folder of the cache, or NULL. */
extern const char *syslayer_cache;

/* LD_LIBRARY_PATH and LD_PRELOAD, each with its NUL. */
struct syslayer_search {
	char *text;
	size_t size;
};
#define SYSLAYER_NO_SEARCH                                                                                   \
	{                                                                                                    \
		.text = (char *)"\0", .size = 2                                                              \
	}

/* A socket, or -1. */
#define SYSLAYER_AF_UNIX 1
#define SYSLAYER_SOCKET_TYPE (5 | 02000000) /* SOCK_SEQPACKET | SOCK_CLOEXEC */
long syslayer_socket(void);
int syslayer_is_connected(long socket);
/* A question whose answer somebody else gets, if there is one: negative, or it is sent. */
long syslayer_tell_broker(long socket, long file, unsigned what, unsigned flags,
                          const struct syslayer_search *s);
/* follow.c: the number that the program before has handed on, which is one, or 0. */
int syslayer_handed_on(const char *value);
/* keep.c: with the value of SYSLAYER_RUN_ERROR; when the layer has had its chance to take it; what it has
 * taken, or what it keeps for that, or -1. */
void syslayer_keep_first(const char *value);
void syslayer_keep_last(void);
int syslayer_kept_error(void);
/* channel.c: the connection that stands for a name; with the value of SYSLAYER_RUN_AT; a new socket that it
 * has connected, or -1. */
int syslayer_channel_is_open(void);
void syslayer_channel_start(const char *value);
long syslayer_channel_socket(void);
/* SYSLAYER_ASK_... about a file. Returns 0, with descriptors or -1 each; or -1. */
int syslayer_ask_broker(long socket, long file, unsigned what, unsigned flags,
                        const struct syslayer_search *s, struct syslayer_answer *answer, int *descriptor);
/* settled.c: where who asks is, as in struct syslayer_ask. */
void syslayer_say_place(uint64_t *place);
/* Whether there is nothing to be asked about a file that is going to be executed, or about a library, without
 * s. With signals blocked. */
int syslayer_is_settled(int dir, const char *path, long flags, const struct syslayer_search *s);
/* Tells the user what the answer has for him. */
void syslayer_say(const struct syslayer_answer *answer);

/* Nothing may come between: a handler of the program that does not return would leave descriptors behind. */
static inline unsigned long syslayer_block(void)
{
	unsigned long all = ~0UL, mask;

	syslayer_sys(__NR_rt_sigprocmask, 0, &all, &mask, 8);
	return mask;
}

static inline void syslayer_unblock(unsigned long mask)
{
	syslayer_sys(__NR_rt_sigprocmask, 2, &mask, 0, 8);
}

#pragma GCC visibility pop

#endif
