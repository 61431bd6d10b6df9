/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the layers' library share, beside its interface. */
#ifndef LAYERS_LIBRARY_H
#define LAYERS_LIBRARY_H

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <syslayer/layer.h>
#include "asm.h"

#pragma GCC visibility push(hidden)

/* The image: image_base begins it. Of the linker script. */
extern const char image_base[], image_end[];
/* What a child of fork finds zeroed; and what makes it so, once. */
extern char state_start[], state_wiped_end[];
void syslayer_wipe(void);

/* Calls f(a, b, c) on a stack of the layer's own. */
#define syslayer_on_stack(f, a, b, c) syslayer_run((void (*)(void))(f), (long)(a), (long)(b), (long)(c))

/* Of the layer, by layer-x86_64.h; they do nothing where it has none. */
void syslayer_start_hook(const struct syslayer_start *start);
void syslayer_end_hook(const struct syslayer_end *end);
/* 1 if it has an end hook. */
extern const char syslayer_has_end_hook;

void syslayer_interrupted_hook(struct sigcontext *r);
/* 1 if it has one. */
extern const char syslayer_has_interrupted_hook;

/* Of end.c, by layer-x86_64.h, so that it is left out of layers that have no end hook. */
void syslayer_end_before(struct syslayer_call *c);
void syslayer_end_signal(int sig);
void syslayer_before_fork(void);

/* Whether the memory is this process's own, and not its parent's (vfork). */
int syslayer_is_mine(void);

/* exit(2) of one thread is about to be called: whether it ends the process. */
int syslayer_is_last_thread(void);
/* A thread may be born. */
void syslayer_thread_comes(void);

/* A signal stack may be set up. */
void syslayer_alternate_comes(const struct syslayer_call *c);

/* follow.c: under elfpatch run, the settings of the layer go from the program's sight to its children. */
void syslayer_follow(const struct syslayer_start *start);
/* Before: whom to ask. */
void syslayer_follow_first(const struct syslayer_start *start);
int syslayer_follows(void);
/* execve(2) or execveat(2): result or -errno. */
long syslayer_exec(const struct syslayer_call *c);
/* load.c: whether the dynamic linker opens what it is going to load, and what becomes of the descriptor. */
void syslayer_load_start(const struct syslayer_start *start);
int syslayer_is_load(const struct syslayer_call *c);
void syslayer_load(long fd);
/* filter.c: a seccomp filter that the program gives itself: whether questions can be asked under it, and
 * which of the layer's own calls, by number, it would kill for; before it is there, and when it is. */
struct syslayer_filter {
	uint64_t killed[8];
	int asks;
};
int syslayer_is_filter(const struct syslayer_call *c);
void syslayer_filter_look(const struct syslayer_call *c, struct syslayer_filter *f);
void syslayer_filter_comes(const struct syslayer_filter *f);
/* What is known of them goes from exec to exec: before the first call; the text for the next program, if
 * there is something. */
#define SYSLAYER_FILTER_DIGITS 128
void syslayer_filter_start(const struct syslayer_start *start);
int syslayer_filter_text(char *to);
/* enter.S: syslayer_sys() says EPERM to those. */
extern uint64_t syslayer_killed[8];
extern char syslayer_kills;
/* Nobody is asked any more, neither by programs that this one becomes. */
void syslayer_ask_no_more(void);
/* release.c: a call about a file has been refused: whether this was by a rewritten file over it, which is
 * away now. */
int syslayer_release(const struct syslayer_call *c, long result);
/* The same for a file that is about to be opened to be written, as such an open may wait. */
void syslayer_release_open(const struct syslayer_call *c);

/* keep.c: a copy that is in nobody's way, or -errno; before close, dup2, dup3 and close_range(2): whether it
 * has answered the call, which would take what is kept. */
long syslayer_high_copy(long fd);
extern unsigned char syslayer_keeps;
int syslayer_keep_guard(struct syslayer_call *c);
/* channel.c: before a call that may enter another network namespace. */
void syslayer_channel_comes(const struct syslayer_call *c);

/* As the kernel has it; the C library's differs. */
struct action {
	unsigned long handler, flags, restorer, mask;
};

/* cancel.c: glibc's signal that cancels a thread comes when unwinders find the program's frames. */
extern const char syslayer_cancel_entry[];
/* Stacks of the layer's own (stack.S): who has it, and its end. */
struct stack {
	unsigned owner[2];
	char *end;
	char room[48];
};
extern struct stack syslayer_stacks[STACKS_MAX];
/* Whether it is on one of them. */
int syslayer_is_on_stack(unsigned long rsp);
/* The program's handlers that ours stand for, by signal. A child that shares memory changes its own actions,
 * not these. */
extern unsigned long syslayer_handlers[65];

/* What a crash makes. */
static inline int syslayer_is_fault(long sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE || sig == SIGTRAP;
}
/* crash.c: whether the layer has crashed; this is said. */
int syslayer_crash_is(int sig, const siginfo_t *info, const struct ucontext *uc);
void syslayer_crash_say(int sig, const struct ucontext *uc);
/* dispatch.S: calls the handler that it stands for; a byte behind for those that were given without
 * SA_SIGINFO. */
extern const char syslayer_dispatch_handler[2];
/* A handler that the program gives becomes ours, where one has to stand for it (1), and is shown as what it
 * was. */
int syslayer_handler_ours(long sig, struct action *a);
void syslayer_handler_shown(struct action *a, unsigned long had);

/* peek.c: the handlers of what a crash makes stand; and for this signal there may be one that is not. */
void syslayer_peek_start(void);
void syslayer_peek_lost(long sig);
/* Whether a signal is that of a read that may fail: then it goes on; whether an instruction is one. */
int syslayer_peek_failed(int sig, const siginfo_t *info, struct ucontext *uc);
int syslayer_is_peek(unsigned long rip);
/* syslayer_peek() of what nobody unmaps meanwhile, as it is being executed; in a handler of SIGSYS. */
size_t syslayer_peek_steady(void *to, const void *from, size_t size);

/* call.S: syslayer_sys() for a call of the program, which its cancellation interrupts. */
long syslayer_program_call(long number, long a, long b, long c, long d, long e, long f);

void syslayer_signal_init(void);
/* Whether an action that the program gives can be read. */
int syslayer_action_is_there(const struct action *act);
/* SIG_DFL becomes our handler where it kills, and is shown as what it was. */
void syslayer_default_ours(long sig, struct action *a);
void syslayer_default_shown(struct action *a);
/* dispatch-action.c: rt_sigaction(2) when armed. */
long syslayer_dispatch_sigaction(const struct syslayer_call *c);
/* What becomes of a signal that nobody catches. */
void syslayer_signal(int sig, const siginfo_t *info, struct ucontext *uc);
/* rt_sigaction(2) for the program, which does not see our handler: result or -errno. */
long syslayer_sigaction(const struct syslayer_call *c);

/*
 * Syscall User Dispatch (dispatch.c). Armed: what is not called from the image is caught.
 */
extern unsigned char syslayer_armed;
/* As it was given to syslayer_catch(). */
extern int (*syslayer_refuse)(unsigned number, unsigned long address);
/* If the environment asks for it. */
void syslayer_dispatch_start(const struct syslayer_start *start);
/* dispatch-calls.c: whether a call that is about to be made has to be made otherwise, and that. */
int syslayer_dispatch_minds(const struct syslayer_call *c);
long syslayer_dispatch_make(struct syslayer_call *c);
void syslayer_dispatch_mask(struct syslayer_call *c);
/* dispatch-leave.c: a call that the program was to make in its place. */
void syslayer_dispatch_leave(struct syslayer_call *c);
/* enter.S: the handler where only the library looks at a call. */
void syslayer_nothing(struct syslayer_call *c);
/* Whether it makes a thread, or a child, that has a stack of its own: who makes it comes back on his. */
int syslayer_comes_back(const struct syslayer_call *c);

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#pragma GCC visibility pop

#endif
