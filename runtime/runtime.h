/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runtime's files share, and the one thing that the engine must know of them. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <syslayer/abi.h>

#ifndef __ASSEMBLER__
/* Follows struct syslayer_added in runtime.bin: offsets of the entries, from the block's start. */
struct runtime_entries {
	uint32_t start;    /* e_entry of a program */
	uint32_t gate;     /* where a trampoline goes whose number is not known */
	uint32_t ask;      /* and where one goes that only asks */
	uint32_t gate_end; /* of both: stubs, as far as unwinding is concerned */
};

#ifdef RUNTIME_FREESTANDING
#include <elf.h>
#include <stddef.h>

/* Hidden, or the linker makes absolute addresses of references by the GOT. */
#pragma GCC visibility push(hidden)

extern const struct syslayer_added runtime_block;

static inline const char *block_address(int64_t offset)
{
	return (const char *)&runtime_block + offset;
}

/* What the program was started with. */
struct context {
	const long *stack;      /* the initial stack, or 0 in a library */
	const char *image;      /* SYSLAYER_IMAGE */
	int image_fd;           /* an open one of it, or 0 */
	const char *execfn;     /* AT_EXECFN */
	const Elf64_Phdr *phdr; /* AT_PHDR */
	unsigned long phnum;
	unsigned long secure; /* AT_SECURE */
	int verbose;          /* SYSLAYER_VERBOSE */
	const char *killed;   /* SYSLAYER_RUN_KILLED */
};

/* open(2) of a file to be mapped, by openat(2) where a filter kills for it. */
long runtime_open(const struct context *c, const char *path);

/* Map an image over the section: 0, or the reason why not; *path is what it tried. */
const char *runtime_map_image(const struct context *c, const char **path, char *buffer, size_t size);

/* Put the native stubs over the slots: 0 or -errno. */
int runtime_map_native(const struct context *c);

/* One line to standard error. */
void runtime_say(const struct context *c, const char *what, const char *why);

/* System calls, raw: result or -errno. */
long runtime_syscall(long number, long a, long b, long c, long d, long e, long f);
#define SYSCALL(n, a, b, c, d, e, f)                                                                         \
	runtime_syscall((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#pragma GCC visibility pop
#endif
#endif
#endif
