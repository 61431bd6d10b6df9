// SPDX-License-Identifier: BSD-2-Clause
/* Finds the mapped section of the interpreter or the program, by their program headers. */
#include "primary.h"
#include <asm/unistd.h>
#include <elf.h>
#include <linux/fcntl.h>
#include <syslayer/image.h>

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856 /* since Linux 6.4, include/uapi/linux/prctl.h */
#endif

struct auxv {
	uint64_t base, phdr, phnum;
};

static void read_auxv(struct auxv *found)
{
	Elf64_auxv_t vector[64];
	long n = SYSCALL(__NR_prctl, PR_GET_AUXV, vector, sizeof vector, 0, 0, 0);

	*found = (struct auxv){0};
	if (n < 0) {
		long fd = SYSCALL(__NR_open, "/proc/self/auxv", O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);

		if (fd < 0)
			return;
		n = SYSCALL(__NR_read, fd, vector, sizeof vector, 0, 0, 0);
		SYSCALL(__NR_close, fd, 0, 0, 0, 0, 0);
	}
	for (long i = 0; (i + 1) * (long)sizeof *vector <= n && i < 64 && vector[i].a_type; i++) {
		if (vector[i].a_type == AT_BASE)
			found->base = vector[i].a_un.a_val;
		else if (vector[i].a_type == AT_PHDR)
			found->phdr = vector[i].a_un.a_val;
		else if (vector[i].a_type == AT_PHNUM)
			found->phnum = vector[i].a_un.a_val;
	}
}

/* The section that the notes in [p, p + size) announce, without the load bias, or 0. */
static uint64_t section_in(const char *p, uint64_t size)
{
	for (uint64_t at = 0; size >= sizeof(Elf64_Nhdr) && at <= size - sizeof(Elf64_Nhdr);) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)(const void *)(p + at);
		const char *name = p + at + sizeof *n;
		uint64_t desc = sizeof *n + (((uint64_t)n->n_namesz + 3) & ~3ull);
		const struct syslayer_note *note =
		    (const struct syslayer_note *)(const void *)(p + at + desc);

		if (n->n_type == SYSLAYER_NOTE_TYPE && n->n_namesz == SYSLAYER_NOTE_NAME_LEN &&
		    n->n_descsz >= sizeof *note && at + desc + sizeof *note <= size &&
		    syslayer_same(name, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN) &&
		    note->version == SYSLAYER_NOTE_VERSION && note->slot_size == SYSLAYER_SLOT_SIZE &&
		    note->slot_count >= SYSLAYER_SLOT_COUNT)
			return note->address;
		at += desc + (((uint64_t)n->n_descsz + 3) & ~3ull);
	}
	return 0;
}

/* The mapped section of the object with these program headers, or NULL. */
static const char *section_of(const Elf64_Phdr *ph, uint64_t count, uint64_t bias)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t address;

		if (ph[i].p_type != PT_NOTE)
			continue;
		address = section_in((const char *)(bias + ph[i].p_vaddr), ph[i].p_memsz);
		if (address && syslayer_image_magic((const char *)(bias + address)))
			return (const char *)(bias + address);
	}
	return NULL;
}

/* An interpreter is linked to lie at 0, with its ELF header there. */
static const char *section_of_interpreter(uint64_t base)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)base;

	return base ? section_of((const Elf64_Phdr *)(base + eh->e_phoff), eh->e_phnum, base) : NULL;
}

/* Without PT_PHDR its load bias is not known: a dynamic linker run as a program, one without a section. */
static const char *section_of_program(uint64_t phdr, uint64_t count)
{
	const Elf64_Phdr *ph = (const Elf64_Phdr *)phdr;

	for (uint64_t i = 0; phdr && i < count; i++)
		if (ph[i].p_type == PT_PHDR)
			return section_of(ph, count, phdr - ph[i].p_vaddr);
	return NULL;
}

const char *primary_section(void)
{
	struct auxv a;
	const char *section;

	read_auxv(&a);
	section = section_of_interpreter(a.base);
	return section ? section : section_of_program(a.phdr, a.phnum);
}
