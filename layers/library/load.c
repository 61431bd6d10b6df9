// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: libraries that the dynamic linker loads while the program runs. What it has opened is
 * replaced by the rewritten one.
 *
 * glibc's opens them by openat(2), musl's by open(2), both with flags that tell such an open from most
 * others, as do the program's own by another object, or, in musl, in a place where a thread can be cancelled,
 * which dlopen(3) forbids.
 */
#include <asm/hwcap2.h>
#include <elf.h>
#include <linux/fcntl.h>
#include "ask.h"

#define ARCH_GET_FS 0x1003
#define PHDRS_MAX 64

/* In the stubs of these two calls (handle-x86_64.h): the dynamic linker's code, or nothing. */
unsigned long syslayer_linker, syslayer_linker_size;
/* Whether programs may read the base of fs (Linux 5.9, HWCAP2_FSGSBASE). */
unsigned char syslayer_reads_fs;

static unsigned long auxv_value(const struct syslayer_start *start, unsigned long type)
{
	const unsigned long *p = (const unsigned long *)start->stack + 1 + *start->stack + 1;

	while (*p++)
		;
	for (; p[0]; p += 2)
		if (p[0] == type)
			return p[1];
	return 0;
}

void syslayer_load_start(const struct syslayer_start *start)
{
	unsigned long base = auxv_value(start, AT_BASE), end = 0;
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)base;
	const Elf64_Phdr *ph;

	if (!base)
		return;
	ph = (const Elf64_Phdr *)(base + eh->e_phoff);
	for (unsigned i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_vaddr + ph[i].p_memsz > end)
			end = ph[i].p_vaddr + ph[i].p_memsz;
	syslayer_linker = base;
	syslayer_linker_size = end;
	syslayer_reads_fs = (auxv_value(start, AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
}

int syslayer_is_load(const struct syslayer_call *c)
{
	const long *a = c->argument;

	/* exit(2) has no site. */
	return ((c->number == __NR_openat && (int)a[2] == (O_RDONLY | O_CLOEXEC)) ||
	        (c->number == __NR_open && (int)a[1] == (O_RDONLY | O_LARGEFILE | O_CLOEXEC))) &&
	       !c->asked && c->site - syslayer_linker < syslayer_linker_size;
}

/* As a program starts its libraries are in place already. glibc's dynamic linker has no thread pointer until
 * it has loaded them. */
static int has_started(void)
{
	unsigned long thread = 0;

	return !syslayer_sys(__NR_arch_prctl, ARCH_GET_FS, &thread) && thread;
}

static int read_at(long fd, void *to, size_t size, unsigned long offset)
{
	return syslayer_sys(__NR_pread64, fd, to, size, offset) == (long)size;
}

/* It begins the segment that elfpatch adds for it. */
static int is_syslayer_note(long fd, const Elf64_Phdr *ph)
{
	struct {
		Elf64_Nhdr head;
		char name[SYSLAYER_NOTE_NAME_LEN];
	} note;

	return ph->p_type == PT_NOTE && ph->p_filesz >= sizeof note &&
	       read_at(fd, &note, sizeof note, ph->p_offset) && note.head.n_type == SYSLAYER_NOTE_TYPE &&
	       note.head.n_namesz == SYSLAYER_NOTE_NAME_LEN &&
	       !memcmp(note.name, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN);
}

/* A library that is not rewritten. */
static int is_plain_library(long fd)
{
	Elf64_Phdr ph[PHDRS_MAX];
	Elf64_Ehdr eh;

	if (!read_at(fd, &eh, sizeof eh, 0) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64 || eh.e_type != ET_DYN)
		return 0;
	if (eh.e_phentsize != sizeof *ph || eh.e_phnum > PHDRS_MAX ||
	    !read_at(fd, ph, eh.e_phnum * sizeof *ph, eh.e_phoff))
		return 1;
	for (unsigned i = 0; i < eh.e_phnum; i++)
		if (is_syslayer_note(fd, ph + i))
			return 0;
	return 1;
}

/* What stands in for it, or -1. */
static int ask(long fd)
{
	const struct syslayer_search none = SYSLAYER_NO_SEARCH;
	struct syslayer_answer answer = {0};
	int descriptor[SYSLAYER_DESCRIPTORS] = {-1};
	long socket = syslayer_socket();

	while (socket >= 0 &&
	       !syslayer_ask_broker(socket, fd, SYSLAYER_ASK_LOAD, 0, &none, &answer, descriptor) &&
	       answer.what == SYSLAYER_ASK_AGAIN)
		;
	if (socket >= 0)
		syslayer_sys(__NR_close, socket);
	syslayer_say(&answer);
	return descriptor[SYSLAYER_STAND_IN];
}

void syslayer_load(long fd)
{
	unsigned long mask;
	int stand_in;

	if (fd < 0 || !*syslayer_broker || !has_started() || !is_plain_library(fd))
		return;
	mask = syslayer_block();
	stand_in = syslayer_is_settled((int)fd, "", AT_EMPTY_PATH, NULL) ? -1 : ask(fd);
	if (stand_in >= 0) {
		syslayer_sys(__NR_dup3, stand_in, fd, O_CLOEXEC);
		syslayer_sys(__NR_close, stand_in);
	}
	syslayer_unblock(mask);
}
