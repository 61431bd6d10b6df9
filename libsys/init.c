/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS of the first thread of a program without a libc (x86-64 psABI, TLS variant II). */
#include <elf.h>
#include <asm/prctl.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <syslayer/sys.h>

/*
 * What lies at the thread pointer: compilers read the self pointer at 0, the stack
 * protector's guard at 0x28; the rest is left for the program.
 */
#define TCB_SIZE 64

struct tls {
	const unsigned char *image;
	size_t filesz, memsz, align;
	size_t offset; /* from the start of the block up to the thread pointer */
};

static unsigned long auxval(const long *stack, unsigned long type)
{
	const Elf64_auxv_t *aux;

	stack += 1 + stack[0] + 1; /* argc, argv, NULL */
	while (*stack++)
		;
	for (aux = (const Elf64_auxv_t *)stack; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == type)
			return aux->a_un.a_val;
	return 0;
}

/*
 * Where PT_DYNAMIC is, if there is one. Not through C: that would read a GOT entry, and the program may
 * not have relocated itself yet.
 */
static unsigned long dynamic_section(void)
{
	unsigned long address;

	__asm__(".weak _DYNAMIC\n\t.hidden _DYNAMIC\n\tlea _DYNAMIC(%%rip), %0" : "=r"(address));
	return address;
}

static int find_tls(const long *stack, struct tls *tls)
{
	unsigned long phdrs = auxval(stack, AT_PHDR), count = auxval(stack, AT_PHNUM);
	unsigned long phentsize = auxval(stack, AT_PHENT), bias = 0;
	const Elf64_Phdr *phdr, *segment = NULL;

	if (!phdrs || phentsize < sizeof(*phdr))
		return -ENOEXEC;
	for (; count; count--, phdrs += phentsize) {
		phdr = (const Elf64_Phdr *)phdrs;
		if (phdr->p_type == PT_TLS)
			segment = phdr;
		else if (phdr->p_type == PT_DYNAMIC)
			/* A static program need not have PT_PHDR; if it can move, it has this one. */
			bias = dynamic_section() - phdr->p_vaddr;
	}
	tls->image = NULL;
	tls->filesz = tls->memsz = tls->offset = 0;
	tls->align = sizeof(void *);
	if (!segment)
		return 0;
	tls->image = (const unsigned char *)(segment->p_vaddr + bias);
	tls->filesz = segment->p_filesz;
	tls->memsz = segment->p_memsz;
	if (segment->p_align > tls->align)
		tls->align = segment->p_align;
	/* The linker's own alignment, not ours; p_vaddr counts too when it is not aligned. */
	tls->offset = tls->memsz;
	if (segment->p_align > 1)
		tls->offset += (-segment->p_vaddr - tls->memsz) & (segment->p_align - 1);
	return 0;
}

int libsys_init(const long *initial_stack)
{
	unsigned long tp = 0, size;
	unsigned char *map, *block;
	struct tls tls;
	size_t i;
	long r;

	r = sys_arch_prctl(ARCH_GET_FS, (unsigned long)&tp);
	if (r)
		return (int)r;
	if (tp)
		return -EEXIST;
	r = find_tls(initial_stack, &tls);
	if (r)
		return (int)r;

	size = tls.align + tls.offset + TCB_SIZE;
	r = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1UL, 0);
	if (r < 0)
		return (int)r;
	map = (unsigned char *)r;
	tp = ((unsigned long)map + tls.offset + tls.align - 1) & -tls.align;

	block = (unsigned char *)(tp - tls.offset);
	for (i = 0; i < tls.filesz; i++)
		block[i] = tls.image[i];
	*(unsigned long *)tp = tp;
	r = sys_arch_prctl(ARCH_SET_FS, tp);
	if (r)
		sys_munmap(map, size);
	return (int)r;
}
