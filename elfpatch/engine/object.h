/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF file that is looked at and edited. The file is mapped privately: edits stay in
 * memory, as patched ranges and a tail behind the old end, until object_write().
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include "error.h"

struct patch {
	uint64_t offset;
	uint64_t length;
	bool clear;
};

/* What the file has as bytes of one PT_LOAD. */
struct load {
	uint64_t address, offset, size;
	uint32_t flags; /* PF_* */
};

struct object {
	unsigned char *data; /* the file's bytes */
	uint64_t size;       /* their number */
	struct stat st;
	Elf64_Ehdr eh; /* copies, checked, to be edited; object_write() does not write them back */
	Elf64_Phdr *ph;
	size_t phnum;
	Elf64_Shdr *sh;
	size_t shnum;
	size_t shstrndx;
	struct load *load; /* of the file as it was read, ascending by address */
	size_t loads;

	unsigned char *edited; /* a bit a page: not as in the file; NULL: none is */
	struct patch *patch;
	size_t patches, patch_room;
	unsigned char *tail;  /* what follows from tail_offset on, also instead of old bytes */
	uint64_t tail_offset; /* NO_OFFSET: no tail */
	uint64_t tail_size, tail_room;
	struct {
		uint64_t from,
		    length;  /* bytes of the file that go elsewhere, and leave zeros (length 0: none) */
		uint64_t at; /* in the tail, before whose byte of that number they come to stand */
	} moved;
};

/* Open and check. Returns 0 or -1. object_close() in both cases. */
int object_open(struct object *o, const char *path, struct error *e);
int object_open_fd(struct object *o, int fd, struct error *e);
/* The same where all of its bytes are mapped already, privately, to be read and written; or data is NULL. */
int object_open_mapped(struct object *o, int fd, void *data, uint64_t size, struct error *e);
void object_close(struct object *o);

/* object-headers.c: read the headers and check them, for those who open and settle. */
int object_read_headers(struct object *o, struct error *e);

/* Whether [offset, offset + length) lies in [0, limit): the one bounds check for what a file says. */
static inline bool in_bounds(uint64_t offset, uint64_t length, uint64_t limit)
{
	return length <= limit && offset <= limit - length;
}

/* What section headers say is at the offset, which may be in the tail. */
const unsigned char *object_bytes(const struct object *o, uint64_t offset);
/* Name of a section, or "" where there is none. */
const char *section_name(const struct object *o, const Elf64_Shdr *sh);
/* The section of that name, or NULL. Not the table of names itself, whatever it is called. */
Elf64_Shdr *section_by_name(struct object *o, const char *name);

/* The symbol table of the type, SHT_SYMTAB or SHT_DYNSYM, or NULL: there is one of each at most (gABI). */
const Elf64_Shdr *symbol_table(const struct object *o, uint32_t type);

/* The PT_LOAD that has the address in its file bytes, or NULL. */
const struct load *load_at(const struct object *o, uint64_t address);

/* File bytes of [address, address + length), or NULL where no PT_LOAD has them in the file. */
unsigned char *object_at(const struct object *o, uint64_t address, uint64_t length);

/* Replace file bytes. Returns 0 or -1 with errno (ENOMEM). */
int object_patch(struct object *o, uint64_t offset, const void *bytes, uint64_t length);
/* The same with zeros; where the file system can, they take no room. */
int object_clear(struct object *o, uint64_t offset, uint64_t length);

/*
 * resident.c: what has been looked at of a large file need not stay mapped in. By any thread.
 * A pass in ascending order is at the offset; *behind: its own, where it began at first, or UINT64_MAX.
 */
void object_pass(const struct object *o, uint64_t *behind, uint64_t offset);
/* All of [from, to) will be looked at. */
void object_expect(const struct object *o, uint64_t from, uint64_t to);
/* What lies in [from, to) has been looked at. */
void object_forget(const struct object *o, uint64_t from, uint64_t to);
/* A look at some place is over; *looks: counts them. */
void object_look(const struct object *o, unsigned *looks);
/* For what edits: these bytes are no longer those of the file. Returns 0 or -1 with errno. */
int object_note_edit(struct object *o, uint64_t offset, uint64_t length);

/* Begin a tail at the file offset; behind the end, what lies between is a hole in the file. */
void object_tail(struct object *o, uint64_t offset);
/* Append to the tail: NULL bytes are zeros. Returns 0 or -1 with errno. */
int object_append(struct object *o, const void *bytes, uint64_t length);
/* The same with what the file has at the offset, which may be in the tail. */
int object_append_copy(struct object *o, uint64_t offset, uint64_t length);
int object_append_align(struct object *o, uint64_t alignment);
/*
 * Append what the file has from the offset to its end, and take it away there; once only.
 * object_write() moves it, in the file: symbols and debug information may be many megabytes.
 */
void object_append_moved(struct object *o, uint64_t from);
static inline uint64_t object_end(const struct object *o)
{
	return o->tail_offset + o->tail_size + o->moved.length;
}

/* Bring fd, which holds a copy of the file, to the edited state. Returns 0 or -1 with errno. */
int object_write(const struct object *o, int fd);

/*
 * Apply the edits in memory, tail included, and read the headers anew: for an edit on top of
 * another. What points into data, ph or sh is void after it.
 */
int object_settle(struct object *o, struct error *e);

#endif
