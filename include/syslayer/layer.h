/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A layer in C: what is called for a system call, and what it may do. syslayer-layer(7) is the
 * manual. A layer is freestanding code without a libc, built with
 *
 *	cc $(pkg-config --cflags --libs syslayer-layer) my.c -o my.img
 *
 * Handlers are called in any thread, in signal handlers, in children of vfork(2), before there
 * is thread-local storage, several at once; each call has a stack of the layer's own, 64 KiB.
 *
 * clone, vfork, clone3, and munmap in the end of a thread, leave their stack: they are made by the
 * program, when it has asked the layer. The handler may answer them, and that is all; but of a clone or
 * clone3 whose child has a stack of its own, as threads have, `after` learns the result, in who makes it.
 * Calls that the program compares its pc with (syslayer-abi(7)) stay in their place, too. A C library's,
 * which can be cancelled, are like any other for handlers; others, unless the handler changes them or sets
 * `after`: then they are made here, and no signal makes the program give one up.
 */
#ifndef SYSLAYER_LAYER_H
#define SYSLAYER_LAYER_H

#include <asm/unistd.h>
#ifdef __ASSEMBLER__
#include <syslayer/layer-x86_64.h>
#else
#include <linux/errno.h>
#include <stddef.h>
#include <syslayer/abi.h>

/* No GOT in an image: everything is hidden. */
#pragma GCC visibility push(hidden)

#define SYSLAYER_ASKED_TELLS 2

struct syslayer_call {
	/*
	 * What the program asked for, and what the kernel will be asked: a handler may change it.
	 * A changed number must be that of a call that comes back once, on the stack that made it.
	 */
	unsigned long number;
	long argument[6];
	/* For `after`: what the kernel answered, -4095 to -1 being errors; it may change it. */
	long result;
	/* Set by a handler: called with the result. */
	void (*after)(struct syslayer_call *);
	/* For the layer: from the handler to `after`; 0 at first. */
	unsigned long keep[2];
	/* 1: the call is not made, `result` is its result. */
	int answered;
	/* Not 0: it is made later, and elsewhere (above). SYSLAYER_ASKED_TELLS: but `after` is called. */
	const short asked;
	/* 1: the instruction stands in what was not rewritten, and Syscall User Dispatch has caught it. */
	const short outside;
	/* What the program has in its registers, and gets back; site: where it goes on. */
	const unsigned long rdi, rsi, rdx, r10, r8, r9, flags, site;
};

/* Whether the result comes to the layer: `after` is called, if the handler sets it. */
static inline int syslayer_is_told(const struct syslayer_call *c)
{
	return !c->asked || c->asked == SYSLAYER_ASKED_TELLS;
}

/* The call is not made: its result is this. */
static inline void syslayer_answer(struct syslayer_call *c, long result)
{
	c->result = result;
	c->answered = 1;
}

/*
 * Make the call now, from within the handler, whose variables stay: for arguments that lie in
 * them. Returns what the kernel answers: syslayer_answer(c, syslayer_make(c)). A handler that only
 * returns blocks no stack of the layer while the call waits, so it is the better way where it will
 * do. Not for vfork, nor for clone and clone3 that share memory.
 */
long syslayer_make(struct syslayer_call *c);

/* SYSLAYER_HANDLE(openat, f): void f(struct syslayer_call *) is called for each openat(2). */
#define SYSLAYER_HANDLE(name, f) SYSLAYER_HANDLE_NUMBER(__NR_##name, f)
#define SYSLAYER_HANDLE_NUMBER(number, f) SYSLAYER_HANDLE_AS(number, f)
/* For every number that has no handler of its own. */
#define SYSLAYER_HANDLE_ALL(f) SYSLAYER_HANDLE_AS(all, f)
/*
 * For every number that has no handler of its own and whose byte in syslayer_selected is not 0,
 * as the start hook may set it; the others are as fast as native. Instead of SYSLAYER_HANDLE_ALL.
 */
#define SYSLAYER_HANDLE_SELECTED(f)                                                                          \
	static void syslayer_handle_selected(struct syslayer_call *c)                                        \
	{                                                                                                    \
		if (syslayer_selected[c->number])                                                            \
			f(c);                                                                                \
	}                                                                                                    \
	SYSLAYER_HANDLE_AS(selected, syslayer_handle_selected)
extern unsigned char syslayer_selected[SYSLAYER_SLOT_COUNT];

/*
 * SYSLAYER_START(f): void f(const struct syslayer_start *), once, before the program. A layer must
 * work without, as a program that does not start by its own entry point does not call it.
 */
#define SYSLAYER_START(f)                                                                                    \
	void syslayer_on_start(const struct syslayer_start *);                                               \
	void syslayer_on_start(const struct syslayer_start *syslayer_argument)                               \
	{                                                                                                    \
		f(syslayer_argument);                                                                        \
	}                                                                                                    \
	SYSLAYER_HAS(start)

/*
 * SYSLAYER_END(f): void f(const struct syslayer_end *), when a process ends: by exit_group(2),
 * with its last thread, by a signal that can be caught, or by an execve(2) that is expected to
 * succeed, which may yet fail. Not in a child that shares its parent's memory, and not by SIGKILL.
 * One thread at a time; once, but for execve.
 */
#define SYSLAYER_END(f)                                                                                      \
	void syslayer_on_end(const struct syslayer_end *);                                                   \
	void syslayer_on_end(const struct syslayer_end *syslayer_argument)                                   \
	{                                                                                                    \
		f(syslayer_argument);                                                                        \
	}                                                                                                    \
	SYSLAYER_HAS(end)
struct syslayer_end {
	enum { SYSLAYER_EXIT = 1, SYSLAYER_EXEC, SYSLAYER_SIGNAL } why;
	int status;                       /* EXIT: as given to exit_group; SIGNAL: its number */
	const struct syslayer_call *call; /* what ends it; 0 for a signal */
};

/*
 * SYSLAYER_INTERRUPTED(f): void f(struct sigcontext *), on the stack that the program has there, when a
 * signal that has a handler, or that kills, has come to the program, maybe in a slot: the registers, which it
 * may change.
 */
#define SYSLAYER_INTERRUPTED(f)                                                                              \
	void syslayer_on_interrupted(struct sigcontext *);                                                   \
	void syslayer_on_interrupted(struct sigcontext *syslayer_argument)                                   \
	{                                                                                                    \
		f(syslayer_argument);                                                                        \
	}                                                                                                    \
	SYSLAYER_HAS(interrupted)
struct sigcontext;

/* In the file that has SYSLAYER_LAYER: the hook stands in another one; start, end or interrupted. */
#define SYSLAYER_HAS(hook) __asm__(SYSLAYER_DECLARE(hook))

/* Each slot makes the call of its own number, whatever the program has in rax; `outside` is 0 then. */
#define SYSLAYER_PINNED __asm__(SYSLAYER_DECLARE(pinned))

/* Last in the file, once: its name, of at most 15 bytes. */
#define SYSLAYER_LAYER(name) __asm__(SYSLAYER_ASSEMBLER "image \"" name "\"\n")

/*
 * State is what has no initialiser; it is zero at the start. A child of fork(2) has a copy, but
 * of what is marked so it has zeros.
 */
#define SYSLAYER_WIPED __attribute__((section(".bss.wiped")))
/* What most processes never touch stands apart from what all of them have in pages of their own. */
#define SYSLAYER_LARGE __attribute__((section(".bss.large")))
#define SYSLAYER_WIPED_LARGE __attribute__((section(".bss.wiped_large")))

/* A system call as the kernel has it, past the slots: result or -errno; arguments not given are 0. */
#define syslayer_sys(...) SYSLAYER_SYS_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SYSLAYER_SYS_PADDED(n, a, b, c, d, e, f, ...)                                                        \
	syslayer_system_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
long syslayer_system_call(long number, long a, long b, long c, long d, long e, long f);

/*
 * For the start hook: calls from outside of the section are caught from now on (syslayer-exhaustive(7)).
 * refuse, unless NULL: whether one is refused, by its number and where its instruction stands; then SIGSYS
 * ends the process, and numbers without a slot get ENOSYS. It is called on a stack of the layer's own, with
 * signals blocked. Returns 0, or -ENOSYS: the kernel cannot (before Linux 5.11).
 */
int syslayer_catch(const struct syslayer_start *start, int (*refuse)(unsigned number, unsigned long address));
/* Whether calls from outside are caught, and how many of this number were, which must have a slot. */
int syslayer_is_exhaustive(void);
uint64_t syslayer_calls_outside(unsigned number);
/*
 * Where they came from; calls from very many places are not told apart. at: 0 for the first one. Returns `at`
 * for the next one, or 0: there is none.
 */
struct syslayer_place {
	unsigned number;
	unsigned long address, calls;
	char file[256];       /* what is mapped there now; "": memory without a name */
	unsigned long offset; /* in the file */
};
int syslayer_place_outside(unsigned at, struct syslayer_place *place);

/* Whether execve(2) or execveat(2) of this will very likely succeed, so that nothing comes after it. */
int syslayer_exec_would_do(const struct syslayer_call *c);

/*
 * Copy from an address that the program gave, which may be none. Bytes: how many could be read.
 * A string: its length, and `to` is terminated; size or more if it was cut, or -EFAULT.
 */
size_t syslayer_peek(void *to, const void *from, size_t size);
long syslayer_peek_string(char *to, const char *from, size_t size);

size_t syslayer_length(const char *s);
int syslayer_equal(const char *a, const char *b);

/* The value of NAME in the environment on the initial stack (x86-64 psABI 3.4.1), or 0. */
const char *syslayer_getenv(const struct syslayer_start *start, const char *name);

/* A growing text. What does not fit is left out, so a full one must be sized by its owner. */
struct syslayer_text {
	char *start, *at, *end;
};

/* A function, as an initialiser with addresses would be data with relocations. */
void syslayer_text_init(struct syslayer_text *t, char *start, size_t size);
void syslayer_put(struct syslayer_text *t, const char *s, size_t length);
static inline void syslayer_puts(struct syslayer_text *t, const char *s)
{
	const size_t length =
	    __builtin_constant_p(__builtin_strlen(s)) ? __builtin_strlen(s) : syslayer_length(s);

	if (__builtin_constant_p(length) && length <= 8 && t->end - t->at >= (ptrdiff_t)length) {
		__builtin_memcpy(t->at, s, length);
		t->at += length;
		return;
	}
	syslayer_put(t, s, length);
}
/* In decimal, at least width wide. */
void syslayer_putn(struct syslayer_text *t, uint64_t n, unsigned width);
/* In hexadecimal, with 0x. */
void syslayer_putx(struct syslayer_text *t, uint64_t n);
/* As a JSON string with its quotes; what is not UTF-8 becomes U+FFFD (RFC 8259, 7 and 8.1). */
void syslayer_put_json(struct syslayer_text *t, const char *s);

/*
 * Open a file that the layer was given by its environment, with open(2)'s flags: under elfpatch run that of
 * the path as it was there, wherever the program is now. Returns a descriptor, which the program must not
 * inherit, or -errno.
 */
long syslayer_open(const char *path, long flags);

/*
 * Keep a descriptor for the layer alone, in the place of the one that it has kept: a copy with a high number,
 * close-on-exec, is returned, or -errno. The program can neither close nor replace it: such a call comes to
 * its handler with an answer, and to `after`. 2 is, under elfpatch run, standard error as the run had it,
 * wherever that of this program leads.
 */
long syslayer_keep(int fd);
/* What is kept, or 0 or -1: that one, and one of the library's. For slots in assembly. */
extern int syslayer_kept[2];

/*
 * All of it, in one write(2) where the kernel takes it in one. A signal that a write itself
 * makes (a pipe without reader, a file too large) does not reach the program, and a
 * background process is not stopped. 0 or -errno.
 */
long syslayer_write(int fd, const char *s, size_t length);

/* What the macros above are made of. The assembler learns of handlers by symbols (layer-x86_64.h). */
#define SYSLAYER_HANDLE_AS(what, f)                                                                          \
	void syslayer_on_##what(struct syslayer_call *syslayer_argument);                                    \
	void syslayer_on_##what(struct syslayer_call *syslayer_argument)                                     \
	{                                                                                                    \
		f(syslayer_argument);                                                                        \
	}                                                                                                    \
	__asm__(SYSLAYER_DECLARE(what))
#define SYSLAYER_DECLARE(what)                                                                               \
	".ifdef image_number\n\t.error \"SYSLAYER_LAYER is not last\"\n\t.endif\n\t"                         \
	".set syslayer_has_" #what ", 1\n\t.set syslayer_has_handlers, 1\n"
/* Constants of the format, for the assembler. */
#define SYSLAYER_STRING(value) #value
#define SYSLAYER_EXPAND(value) SYSLAYER_STRING(value)
#define SYSLAYER_SET(name) ".set " #name ", " SYSLAYER_EXPAND(name) "\n\t"
#define SYSLAYER_MACRO(name, line) ".macro " name "\n\t" line "\n\t.endm\n\t"
/* clang-format off */
#define SYSLAYER_ASSEMBLER \
	".set syslayer_layer_in_c, 1\n\t" \
	SYSLAYER_SET(SYSLAYER_SLOT_SIZE) \
	SYSLAYER_SET(SYSLAYER_SLOT_COUNT) \
	SYSLAYER_SET(SYSLAYER_SLOT_ASK) \
	SYSLAYER_SET(SYSLAYER_RED_ZONE) \
	SYSLAYER_SET(SYSLAYER_IMAGE_VERSION) \
	SYSLAYER_SET(SYSLAYER_ABI_VERSION) \
	SYSLAYER_SET(SYSLAYER_LAYER_NAME_LEN) \
	SYSLAYER_SET(SYSLAYER_ABI_NAME_LEN) \
	SYSLAYER_MACRO("image_magic", ".ascii \"" SYSLAYER_IMAGE_MAGIC "\"") \
	SYSLAYER_MACRO("image_abi", ".asciz \"" SYSLAYER_ABI_LINUX_X86_64 "\"") \
	".include \"syslayer/slot-x86_64.h\"\n\t" \
	".include \"syslayer/image-x86_64.h\"\n\t" \
	".include \"syslayer/handle-x86_64.h\"\n\t" \
	".include \"syslayer/layer-x86_64.h\"\n\t"
/* clang-format on */

#pragma GCC visibility pop
#endif /* __ASSEMBLER__ */

#endif
