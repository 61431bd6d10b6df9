// SPDX-License-Identifier: BSD-2-Clause
/* flip FILE: changes each byte that syslayer added or changed in turn; verify must see every one. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "unwind.h"
#include "verify.h"

static int fd;
static unsigned long flips, missed;

/* Whether verify finds nothing. */
static bool is_well(void)
{
	struct object o = {0};
	struct error e = {0};
	bool has, well = !object_open_fd(&o, fd, &e) && !verify(&o, &has, &e);

	object_close(&o);
	return well;
}

static void flip(unsigned char *file, uint64_t from, uint64_t length, const char *what)
{
	static const unsigned char change[] = {0x01, 0x80, 0xff};

	for (uint64_t at = from; at < from + length; at++) {
		unsigned char was = file[at];

		file[at] ^= change[flips++ % sizeof change];
		if (is_well()) {
			missed++;
			printf("%s: byte 0x%llx, %02x for %02x\n", what, (unsigned long long)at, file[at],
			       was);
		}
		file[at] = was;
	}
}

static void flip_shdr(unsigned char *file, struct object *o, const char *name)
{
	const Elf64_Shdr *sh = section_by_name(o, name);
	uint64_t at = sh ? o->eh.e_shoff + (uint64_t)(sh - o->sh) * sizeof *sh : 0;

	if (!sh)
		return;
	flip(file, at, offsetof(Elf64_Shdr, sh_offset), name);
	if (sh->sh_type != SHT_NOBITS)
		flip(file, at + offsetof(Elf64_Shdr, sh_offset), sizeof sh->sh_offset, name);
	flip(file, at + offsetof(Elf64_Shdr, sh_size), sizeof *sh - offsetof(Elf64_Shdr, sh_size), name);
	flip(file, o->sh[o->shstrndx].sh_offset + sh->sh_name, strlen(name) + 1, name);
}

int main(int argc, char **argv)
{
	struct section_phdrs s;
	struct object o = {0};
	struct error e = {0};
	struct site_row site = {0};
	const Elf64_Shdr *debug;
	struct added a;
	unsigned char *file;
	uint64_t front = 0, start;
	int in = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (in < 0 || object_open_fd(&o, in, &e) || !added_find(&o, &a, &e) || find_section_phdrs(&s, &a, &e))
		return fprintf(stderr, "flip: %s\n", e.text), 2;
	fd = memfd_create("flip", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)o.size))
		return perror("flip"), 2;
	file = mmap(NULL, o.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return perror("flip"), 2;
	memcpy(file, o.data, o.size);
	if (!is_well())
		return fprintf(stderr, "flip: %s is not well to begin with\n", argv[1]), 2;

	if (a.block.runtime && object_kind(&o) != OBJECT_LIBRARY)
		flip(file, offsetof(Elf64_Ehdr, e_entry), sizeof o.eh.e_entry, "e_entry");
	flip(file, offsetof(Elf64_Ehdr, e_phoff), sizeof o.eh.e_phoff, "e_phoff");
	flip(file, offsetof(Elf64_Ehdr, e_shoff), sizeof o.eh.e_shoff, "e_shoff");
	flip(file, offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Ehdr) - offsetof(Elf64_Ehdr, e_phentsize),
	     "e_phnum");
	flip(file, a.offset, a.block.size, "segment");
	for (size_t i = 0; i < o.phnum; i++)
		if (o.ph[i].p_type == PT_LOAD && in_bounds(o.ph[i].p_offset, 1, a.offset))
			front = o.ph[i].p_offset + o.ph[i].p_filesz < a.offset ? front : o.ph[i].p_offset;
	flip(file, front, a.offset - front, "room for program headers");
	flip(file, front - ADDED_UNDO_SIZE, ADDED_UNDO_SIZE, SYSLAYER_ADDED_UNDO_SECTION);
	while (site_row_next(&site, &a) > 0) {
		struct site_piece piece[SITE_PIECES];
		unsigned pieces = site_row_pieces(piece, &a, &site.row);

		for (unsigned i = 0; i < pieces; i++)
			flip(file, (uint64_t)(object_at(&o, piece[i].address, 2) - o.data),
			     piece[i].length ? piece[i].length : 2, i ? "fill" : "site");
	}
	flip_shdr(file, &o, SYSLAYER_SECTION);
	flip_shdr(file, &o, STAMP_STATE_SECTION);
	flip_shdr(file, &o, SYSLAYER_ADDED_UNDO_SECTION);
	flip_shdr(file, &o, SYSLAYER_ADDED_NOTE_SECTION);
	flip_shdr(file, &o, SYSLAYER_ADDED_TEXT_SECTION);
	debug = section_by_name(&o, UNWIND_DEBUG_SECTION);
	if (debug && debug->sh_offset > a.offset)
		flip(file, debug->sh_offset, debug->sh_size, UNWIND_DEBUG_SECTION);
	if (a.block.unwind && !unwind_undo(&a, &e))
		for (size_t i = 0; i < o.patches; i++)
			flip(file, o.patch[i].offset, o.patch[i].length, ".eh_frame_hdr");
	if (s.stamped) {
		flip(file, o.ph[s.image].p_offset - sizeof(struct stamp_record),
		     o.ph[s.image].p_filesz + sizeof(struct stamp_record), "image");
		/* The headers, which follow it, or the block. */
		start = o.ph[s.image].p_offset > a.offset ? o.ph[s.image].p_offset + o.ph[s.image].p_filesz
		                                          : a.offset + a.block.size;
		flip(file, start, o.size - start, "what follows the image");
	}
	object_close(&o);
	printf("%lu flips, %lu missed\n", flips, missed);
	return missed ? 1 : 0;
}
