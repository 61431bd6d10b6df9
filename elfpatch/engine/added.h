/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What syslayer adds to a file, above all that it has: one segment with struct syslayer_added
 * and what belongs to it, and above that the section. Nothing that existed moves, but for the
 * program headers, which have no room to grow where they are.
 */
#ifndef ENGINE_ADDED_H
#define ENGINE_ADDED_H

#include <syslayer/abi.h>
#include "object.h"

/* The segment before the block's. */
#define ADDED_UNDO_SIZE SYSLAYER_PAGE

struct added {
	struct object *o;
	uint64_t section, section_size; /* address, bytes */
	uint64_t address, offset;       /* of the block, in memory and in the file */
	struct syslayer_added block;    /* filled in on the way; written by added_finish() */
	/* While it is built. */
	uint64_t alignment;         /* p_align of the segment before that */
	uint64_t moved;             /* what the file has from there on moves behind the segment; 0: nothing */
	struct undo *undo;          /* what the file was, to be recorded, or NULL */
	bool executable;            /* the segment is: native stubs end it */
	unsigned char *debug_frame; /* to be a section that is not loaded, or NULL; who has set it frees it */
	uint64_t debug_frame_size;
};

/* Whether the file has our note; *a gets what the file says, checked against its headers. */
bool added_find(struct object *o, struct added *a, struct error *e);
/* The same after an edit, where it must be. Returns 0 or -1. */
int added_find_again(struct object *o, struct added *a, struct error *e);
/* In memory or in the file: [offset, offset + length) of the block, or NULL. */
const void *added_at(const struct added *a, uint64_t offset, uint64_t length);

/* Bytes of the segment that come before the block: room for program headers, for those who make new ones
 * there. */
static inline uint64_t added_front(const struct syslayer_added *b)
{
	return (b->phdr_room * sizeof(Elf64_Phdr) + 63) & ~63ull;
}

/* Begin the segment. size: bytes of the section, whole pages. flags: SYSLAYER_NOTE_*. */
int added_begin(struct added *a, struct object *o, uint64_t size, unsigned flags, bool executable,
                struct error *e);
/* Offset in the block, and address, of what is appended next. */
static inline uint64_t added_here(const struct added *a)
{
	return object_end(a->o) - a->offset;
}
static inline uint64_t added_here_address(const struct added *a)
{
	return a->address + added_here(a);
}
/*
 * Choose the section's address: where the segment ends when so many bytes more have been appended. Again, for
 * what depends on it: never lower than before.
 */
int added_place_section(struct added *a, uint64_t more, struct error *e);
/* Program headers, native stubs if the segment is executable, section headers, ELF header. */
int added_finish(struct added *a, struct error *e);

/* place.c, called by added_begin(): choose the place, begin the tail there. */
int place_choose(struct added *a, struct error *e);
/* Append what moves. Called by added_finish(). Returns 0 or -1 with errno. */
int place_move(const struct added *a, uint64_t *to);

/* reserve.c, called by added_begin(): a .syscalls that is the tail of BSS gives its memory back. */
void reserve_release(struct object *o);
/* The same, called by added_finish(): the section's header; what refers to one that was there moves with it.
 */
int reserve_section(const struct added *a, struct error *e);

/* site-rows.c: begin with zeros; 1: the next row, 0: there is no more, -1: it goes over the end of the block.
 */
struct site_row {
	struct syslayer_site row;
	const unsigned char *original; /* row.length bytes */
	uint64_t at, original_at;      /* in the block */
	uint32_t index;                /* of the row that is next */
	uint64_t behind;               /* bytes of those before */
};
int site_row_next(struct site_row *s, const struct added *a);
/* Bytes of the table with what stood at the sites. */
uint64_t site_rows_size(const struct added *a);

/* headers.c */
int insert_phdr(struct object *o, size_t at, const Elf64_Phdr *ph);
int append_shdr(struct object *o, const Elf64_Shdr *sh);
size_t last_load(const struct object *o);
/* Append section names and headers to the tail and point the ELF header at them. */
int append_section_headers(struct object *o, const char *const *names, size_t count);

/*
 * checksum.c: FNV-1a, 64 bits; a single byte that differs always shows, in the low 32 bits as well.
 * Start with CHECKSUM_START.
 */
#define CHECKSUM_START 0xcbf29ce484222325u
uint64_t checksum(uint64_t sum, const void *bytes, uint64_t length);
/* What the checksum of b must be; bytes: as they are in the file, b->size. */
uint32_t added_checksum(const struct syslayer_added *b, const unsigned char *bytes);

/*
 * offsets.c: address and offset go together in all that a segment loads. Not in the checksum,
 * for other tools may move both; what does not go together before an edit is no file for us.
 * below: addresses of sections that are not syslayer's. status: of the error.
 */
int check_offsets(const struct object *o, uint64_t below, int status, struct error *e);

/* phdrs-place.c: whether older kernels would tell the program a wrong place of its program headers. */
bool needs_linux_5_18(const struct object *o);

/* kind.c */
enum object_kind {
	OBJECT_STATIC, /* entered by the kernel, and nobody else is in the process */
	OBJECT_INTERPRETER,
	OBJECT_DYNAMIC, /* entered by the interpreter */
	OBJECT_LIBRARY, /* not entered at all */
};
enum object_kind object_kind(const struct object *o);

#endif
