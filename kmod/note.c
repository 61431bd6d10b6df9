// SPDX-License-Identifier: GPL-2.0-only
/*
 * The note of a program, read from the file before it is loaded. Nothing in it is taken on
 * trust: syslayer-abi(7), "What a kernel that maps has to check".
 */
#include <linux/ctype.h>
#include <linux/highmem.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include "kmod.h"

/* Usual programs have their program headers read onto the stack. */
#define USUAL_PHDRS 16
/* The stock handler refuses more. */
#define PHDRS_MAX (65536 / sizeof(struct elf64_phdr))
/* Of a PT_NOTE, and of PT_NOTEs that could hold the note. */
#define NOTE_BYTES_MAX 4096
#define NOTES_MAX 16

#define NOTE_DESC (sizeof(struct elf64_note) + ALIGN(SYSLAYER_NOTE_NAME_LEN, 4))
#define NOTE_SIZE (NOTE_DESC + sizeof(struct syslayer_note))

/*
 * From the page cache, if it is there in one piece: a quarter of what it takes to read it. The file has just
 * been opened and read from, so it is as right as what is about to be mapped.
 */
static bool peek_at(struct file *file, void *buffer, size_t size, u64 offset)
{
	struct address_space *mapping = file->f_mapping;
	const size_t at = offset_in_page(offset);
	struct page *page;
	bool r;

	/* Its pages have other numbers. */
	if (at + size > PAGE_SIZE || mapping->host->i_sb->s_magic == HUGETLBFS_MAGIC)
		return false;
	page = find_get_page(mapping, offset >> PAGE_SHIFT);
	if (!page)
		return false;
	r = PageUptodate(page) && offset + size <= i_size_read(mapping->host);
	if (r)
		memcpy_from_page(buffer, page, at, size);
	put_page(page);
	return r;
}

static bool read_at(struct file *file, void *buffer, size_t size, u64 offset)
{
	loff_t at = offset;

	return offset <= LLONG_MAX - size &&
	       (peek_at(file, buffer, size, offset) || kernel_read(file, buffer, size, &at) == size);
}

bool note_header(const struct elf64_hdr *head)
{
	return !memcmp(head->e_ident, ELFMAG, SELFMAG) && head->e_ident[EI_CLASS] == ELFCLASS64 &&
	       head->e_machine == EM_X86_64 && (head->e_type == ET_EXEC || head->e_type == ET_DYN);
}

/* The descriptor, in the bytes of a PT_NOTE. */
static const struct syslayer_note *find(const char *bytes, size_t size, u64 align)
{
	align = align == 8 ? 8 : 4;
	for (u64 at = 0; at + NOTE_SIZE <= size;) {
		const struct elf64_note *n = (const void *)(bytes + at);

		if (n->n_namesz == SYSLAYER_NOTE_NAME_LEN && n->n_type == SYSLAYER_NOTE_TYPE &&
		    n->n_descsz >= sizeof(struct syslayer_note) &&
		    !memcmp(n + 1, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN))
			return (const void *)(bytes + at + NOTE_DESC);
		at += ALIGN(sizeof *n + (u64)n->n_namesz, align) + ALIGN((u64)n->n_descsz, align);
	}
	return NULL;
}

static enum counter read_note(struct file *file, const struct elf64_phdr *ph, struct syslayer_note *note)
{
	size_t size = min_t(u64, ph->p_filesz, NOTE_BYTES_MAX);
	char usual[NOTE_SIZE] __aligned(8), *bytes = usual;
	const struct syslayer_note *found;
	enum counter r = COUNT_NO_NOTE;

	if (size > sizeof usual)
		bytes = kmalloc(size, GFP_KERNEL);
	if (!bytes || !read_at(file, bytes, size, ph->p_offset)) {
		r = COUNT_HEADERS;
	} else {
		found = find(bytes, size, ph->p_align);
		if (found) {
			*note = *found;
			r = COUNT_OK;
		}
	}
	if (bytes != usual)
		kfree(bytes);
	return r;
}

static bool name_is_clean(const char *abi)
{
	unsigned int n = strnlen(abi, SYSLAYER_ABI_NAME_LEN);

	/* It becomes the name of a file. */
	if (!n || n == SYSLAYER_ABI_NAME_LEN || abi[0] == '.' ||
	    memchr_inv(abi + n, 0, SYSLAYER_ABI_NAME_LEN - n))
		return false;
	while (n--)
		if (!(isascii(abi[n]) && isalnum(abi[n])) && !strchr("._-", abi[n]))
			return false;
	return true;
}

static enum counter check(const struct syslayer_note *n)
{
	if (n->version != SYSLAYER_NOTE_VERSION || n->machine != EM_X86_64 ||
	    n->flags & ~SYSLAYER_NOTE_REQUIRED || n->reserved || !name_is_clean(n->abi))
		return COUNT_NOTE;
	if (!PAGE_ALIGNED(n->address) || !PAGE_ALIGNED(n->size) || !n->size || n->size > SYSLAYER_SIZE_MAX ||
	    n->address > TASK_SIZE_MAX - n->size || !n->slot_size || !n->slot_count ||
	    (u64)n->slot_size * n->slot_count > n->size)
		return COUNT_RANGE;
	return COUNT_OK;
}

/*
 * The section lies in the zero-filled part of one writable segment, and no other touches it; or it begins
 * with an executable segment of its own, which is left in *stamped, and the rest is writable.
 */
static enum counter check_segments(const struct syslayer_note *n, const struct elf64_phdr *ph,
                                   unsigned int count, const struct elf64_phdr **stamped)
{
	u64 start = n->address;
	bool found = false;

	*stamped = NULL;
	for (; count--; ph++) {
		u64 end;

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		if (check_add_overflow(ph->p_vaddr, ph->p_memsz, &end))
			return COUNT_SEGMENT;
		if (end <= n->address || n->address + n->size <= ph->p_vaddr)
			continue;
		if (ph->p_flags & PF_X) {
			if (*stamped || found || ph->p_vaddr != n->address || ph->p_filesz != ph->p_memsz ||
			    !PAGE_ALIGNED(end) || end > n->address + n->size || !PAGE_ALIGNED(ph->p_offset))
				return COUNT_STAMPED;
			*stamped = ph;
			start = end;
			continue;
		}
		if (found || !(ph->p_flags & PF_W) || ph->p_vaddr > start || end < n->address + n->size ||
		    start - ph->p_vaddr < ph->p_filesz)
			return COUNT_SEGMENT;
		found = true;
	}
	return found ? COUNT_OK : *stamped ? COUNT_STAMPED : COUNT_SEGMENT;
}

/* Whether the stubs in the file are no layer, but go on to the section of the interpreter. */
static enum counter check_stubs(struct file *file, const struct elf64_phdr *ph, struct program *p)
{
	char head[SYSLAYER_IMAGE_HEAD] __aligned(8);
	const struct syslayer_image_header *h = syslayer_image_header(head);

	if (!read_at(file, head, sizeof head, ph->p_offset) || !syslayer_image_magic(head) ||
	    h->version != SYSLAYER_IMAGE_VERSION || !(h->flags & SYSLAYER_IMAGE_FORWARD) ||
	    h->size != ph->p_filesz)
		return COUNT_STAMPED;
	p->stubs_size = h->size;
	p->stubs_offset = ph->p_offset;
	return COUNT_OK;
}

/* Whether a segment has memory in [start, end). */
static bool between(const struct elf64_phdr *ph, unsigned int count, u64 start, u64 end)
{
	for (; count--; ph++)
		if (ph->p_type == PT_LOAD && ph->p_memsz && ph->p_vaddr < end &&
		    ph->p_vaddr + ph->p_memsz > start)
			return true;
	return false;
}

/*
 * The trampolines are in the executable segment that begins with the note. A range holds them and the section
 * if nothing else is between the two.
 */
static void find_calls(struct program *p, u64 note, const struct elf64_phdr *ph, unsigned int count)
{
	u64 start = p->note.address, end = start + p->note.size;

	p->calls_start = start;
	p->calls_end = end;
	for (unsigned int i = 0; i < count; i++) {
		if (ph[i].p_type != PT_LOAD || !(ph[i].p_flags & PF_X) ||
		    note - ph[i].p_vaddr >= ph[i].p_memsz)
			continue;
		if (ph[i].p_vaddr >= end && !between(ph, count, end, ph[i].p_vaddr))
			p->calls_end = PAGE_ALIGN(ph[i].p_vaddr + ph[i].p_memsz);
		else if (ph[i].p_vaddr < start && !between(ph, count, ph[i].p_vaddr + ph[i].p_memsz, start))
			p->calls_start = PAGE_ALIGN_DOWN(ph[i].p_vaddr);
	}
}

static enum counter look(struct file *file, const struct elf64_phdr *ph, unsigned int count,
                         struct program *p)
{
	const struct elf64_phdr *stamped = NULL;
	enum counter r = COUNT_NO_NOTE;
	unsigned int notes = 0;
	u64 at = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (ph[i].p_type == PT_INTERP)
			p->interpreted = true;
		/* Those that are too small for the note, as usual ones are, need not be read. */
		if (r != COUNT_NO_NOTE || ph[i].p_type != PT_NOTE || ph[i].p_filesz < NOTE_SIZE ||
		    notes++ == NOTES_MAX)
			continue;
		r = read_note(file, ph + i, &p->note);
		at = ph[i].p_vaddr;
	}
	if (r == COUNT_OK)
		r = check(&p->note);
	if (r == COUNT_OK)
		r = check_segments(&p->note, ph, count, &stamped);
	if (r == COUNT_OK && stamped)
		r = check_stubs(file, stamped, p);
	if (r == COUNT_OK)
		find_calls(p, at, ph, count);
	return r;
}

enum counter note_read(struct file *file, const struct elf64_hdr *head, struct program *program)
{
	struct elf64_phdr usual[USUAL_PHDRS], *ph = usual;
	size_t size = (size_t)head->e_phnum * sizeof *ph;
	enum counter r;

	program->interpreted = false;
	program->stubs_size = 0;
	if (head->e_phentsize != sizeof *ph || !head->e_phnum || head->e_phnum > PHDRS_MAX)
		return COUNT_HEADERS;
	if (head->e_phnum > USUAL_PHDRS)
		ph = kmalloc(size, GFP_KERNEL);
	if (!ph || !read_at(file, ph, size, head->e_phoff))
		r = COUNT_HEADERS;
	else
		r = look(file, ph, head->e_phnum, program);
	if (ph != usual)
		kfree(ph);
	return r;
}
