// SPDX-License-Identifier: BSD-2-Clause
/* Reads ELF, section and program headers, and checks them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "object.h"

#define EH(field) "e_" #field, offsetof(Elf64_Ehdr, e_##field)

static int check_ident(struct object *o, struct error *e)
{
	if (o->size < EI_NIDENT || memcmp(o->data, ELFMAG, SELFMAG) != 0)
		return fail(e, STATUS_TROUBLE, "e_ident", 0,
		            o->size < SELFMAG || memcmp(o->data, ELFMAG, SELFMAG) ? "not an ELF file"
		                                                                  : "truncated");
	if (o->data[EI_CLASS] != ELFCLASS64)
		return fail(e, STATUS_UNSUPPORTED, "EI_CLASS", EI_CLASS,
		            "a 32-bit file; syslayer serves 64-bit x86-64 programs");
	if (o->data[EI_DATA] != ELFDATA2LSB)
		return fail(e, STATUS_UNSUPPORTED, "EI_DATA", EI_DATA, "not little endian");
	if (o->data[EI_VERSION] != EV_CURRENT)
		return fail(e, STATUS_TROUBLE, "EI_VERSION", EI_VERSION, "unknown ELF version %d",
		            o->data[EI_VERSION]);
	if (o->size < sizeof o->eh)
		return fail(e, STATUS_TROUBLE, "e_ident", o->size, "truncated in the ELF header");
	memcpy(&o->eh, o->data, sizeof o->eh);
	if (o->eh.e_machine != EM_X86_64)
		return fail(e, STATUS_UNSUPPORTED, EH(machine),
		            "machine %d is not supported, only x86-64 (%d) is", o->eh.e_machine, EM_X86_64);
	if (o->eh.e_type != ET_EXEC && o->eh.e_type != ET_DYN)
		return fail(e, STATUS_UNSUPPORTED, EH(type), "neither an executable nor a shared object");
	return 0;
}

static int read_shdrs(struct object *o, struct error *e)
{
	const Elf64_Ehdr *eh = &o->eh;
	uint64_t num = eh->e_shnum;
	const Elf64_Shdr *names;
	Elf64_Shdr first;

	if (!eh->e_shoff)
		return 0;
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return fail(e, STATUS_TROUBLE, EH(shentsize), "%d, must be %zu", eh->e_shentsize,
		            sizeof(Elf64_Shdr));
	if (!in_bounds(eh->e_shoff, sizeof first, o->size))
		return fail(e, STATUS_TROUBLE, EH(shoff), "0x%" PRIx64 " lies behind the end of the file",
		            eh->e_shoff);
	memcpy(&first, o->data + eh->e_shoff, sizeof first);
	if (!num) /* more than SHN_LORESERVE, elf(5) */
		num = first.sh_size;
	if (num > o->size / sizeof(Elf64_Shdr) || !in_bounds(eh->e_shoff, num * sizeof(Elf64_Shdr), o->size))
		return fail(e, STATUS_TROUBLE, EH(shnum),
		            "%" PRIu64 " section headers go over the end of the file", num);
	o->sh = malloc((num + !num) * sizeof *o->sh);
	if (!o->sh)
		return fail_errno(e, "section headers");
	memcpy(o->sh, o->data + eh->e_shoff, num * sizeof *o->sh);
	o->shnum = num;
	o->shstrndx = eh->e_shstrndx == SHN_XINDEX ? first.sh_link : eh->e_shstrndx;
	for (size_t i = 0; i < num; i++) {
		const Elf64_Shdr *sh = o->sh + i;

		if (i && sh->sh_type != SHT_NOBITS && sh->sh_type != SHT_NULL &&
		    !in_bounds(sh->sh_offset, sh->sh_size, o->size))
			return fail(e, STATUS_TROUBLE, "sh_offset",
			            eh->e_shoff + i * sizeof *sh + offsetof(Elf64_Shdr, sh_offset),
			            "section %zu goes over the end of the file", i);
	}
	if (!num)
		o->shstrndx = 0;
	if (o->shstrndx >= num + !num || (o->shstrndx && o->sh[o->shstrndx].sh_type != SHT_STRTAB))
		return fail(e, STATUS_TROUBLE, EH(shstrndx), "%zu is no string table", o->shstrndx);
	/* Then each name in it ends, gABI "String Table". */
	names = o->sh + o->shstrndx;
	if (o->shstrndx && names->sh_size && o->data[names->sh_offset + names->sh_size - 1])
		return fail(e, STATUS_TROUBLE, "section names", names->sh_offset + names->sh_size - 1,
		            "the last is not terminated");
	return 0;
}

static int check_load(const struct object *o, size_t i, uint64_t at, uint64_t *last_end, struct error *e)
{
	const Elf64_Phdr *ph = o->ph + i;

#define PH(field) "p_" #field, at + offsetof(Elf64_Phdr, p_##field)
	if (ph->p_filesz > ph->p_memsz)
		return fail(e, STATUS_TROUBLE, PH(filesz),
		            "segment %zu has more bytes in the file than in memory", i);
	if (ph->p_vaddr >> 47 || ph->p_memsz >> 47)
		return fail(e, STATUS_TROUBLE, PH(vaddr), "segment %zu lies outside of the address space", i);
	if ((ph->p_vaddr ^ ph->p_offset) & 0xfff)
		return fail(e, STATUS_TROUBLE, PH(offset),
		            "segment %zu: address and offset differ within the page", i);
	if (ph->p_vaddr < *last_end)
		return fail(e, STATUS_TROUBLE, PH(vaddr), "segment %zu is not above the one before it", i);
#undef PH
	*last_end = ph->p_vaddr + ph->p_memsz;
	return 0;
}

/* A kernel takes 64 KiB of program headers, fs/binfmt_elf.c. */
#define LOADS_MAX (65536 / sizeof(Elf64_Phdr))

static int read_phdrs(struct object *o, struct error *e)
{
	const Elf64_Ehdr *eh = &o->eh;
	uint64_t num = eh->e_phnum, last_end = 0, loaded = 0, noted = 0;

	if (num == PN_XNUM && o->shnum)
		num = o->sh[0].sh_info;
	if (!num)
		return fail(e, STATUS_UNSUPPORTED, EH(phnum), "no program headers");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return fail(e, STATUS_TROUBLE, EH(phentsize), "%d, must be %zu", eh->e_phentsize,
		            sizeof(Elf64_Phdr));
	if (!in_bounds(eh->e_phoff, num * sizeof(Elf64_Phdr), o->size))
		return fail(e, STATUS_TROUBLE, EH(phoff),
		            "%" PRIu64 " program headers go over the end of the file", num);
	o->ph = malloc(num * sizeof *o->ph);
	if (!o->ph)
		return fail_errno(e, "program headers");
	memcpy(o->ph, o->data + eh->e_phoff, num * sizeof *o->ph);
	o->phnum = num;
	o->load = malloc((num < LOADS_MAX ? num : LOADS_MAX) * sizeof *o->load);
	if (!o->load)
		return fail_errno(e, "program headers");
	for (size_t i = 0; i < num; i++) {
		const Elf64_Phdr *ph = o->ph + i;
		uint64_t at = eh->e_phoff + i * sizeof *ph;

		if (ph->p_type == PT_NULL || ph->p_type == PT_GNU_STACK)
			continue;
		if (!in_bounds(ph->p_offset, ph->p_filesz, o->size))
			return fail(e, STATUS_TROUBLE, "p_filesz", at + offsetof(Elf64_Phdr, p_filesz),
			            "segment %zu goes over the end of the file", i);
		/* Bytes that many segments share would be looked at as many times. */
		if (ph->p_type == PT_NOTE)
			noted += ph->p_filesz;
		if (ph->p_type == PT_LOAD)
			loaded += ph->p_filesz;
		if (o->loads == LOADS_MAX || loaded > 2 * o->size || noted > 2 * o->size)
			return fail(e, STATUS_UNSUPPORTED, EH(phnum),
			            "the segments up to %zu are too many, or have the same bytes", i);
		if (ph->p_type != PT_LOAD)
			continue;
		if (check_load(o, i, at, &last_end, e))
			return -1;
		if (!ph->p_filesz)
			continue;
		o->load[o->loads++] = (struct load){ph->p_vaddr, ph->p_offset, ph->p_filesz, ph->p_flags};
	}
	if (!last_end)
		return fail(e, STATUS_UNSUPPORTED, EH(phnum), "no segment is loaded");
	return 0;
}

int object_read_headers(struct object *o, struct error *e)
{
	return check_ident(o, e) || read_shdrs(o, e) || read_phdrs(o, e) ? -1 : 0;
}
