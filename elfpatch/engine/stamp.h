/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts an image into a program's section, and takes it out again. A stamped file is the
 * reserved one with bytes appended, and with its ELF header and program headers edited in
 * place; a record among what is appended says how to go back to the very same bytes.
 */
#ifndef ENGINE_STAMP_H
#define ENGINE_STAMP_H

#include "added.h"

#define STAMP_STATE_SECTION ".syscalls.state"
#define NO_PHDR SIZE_MAX

/* image.c: a stub image, from a file or built in. */
struct image {
	unsigned char *data; /* the bytes that are mapped R E */
	uint64_t size;
	uint64_t file_size;
	struct syslayer_image_header header;
	struct syslayer_image_names names;
};
#define IMAGE_NATIVE "native"
/* path: of the file, or NULL for the native image. Only the magic is looked at. */
int image_open(struct image *im, const char *path, struct error *e);
void image_close(struct image *im);

/* Which program headers the section has. */
struct section_phdrs {
	bool stamped;
	size_t empty; /* reserved: the section's */
	size_t image; /* stamped: the image's */
	size_t rest;  /* stamped: of what is behind the image, or NO_PHDR */
};
int find_section_phdrs(struct section_phdrs *s, const struct added *a, struct error *e);
/* Whether the table is the block's, or can be again, with that many headers more. */
int check_phdrs(const struct added *a, unsigned more, struct error *e);
/* Patch the block's table and its checksum, and point the ELF header at it. */
int write_phdrs(const struct added *a);

/* image-place.c: where an image of so many bytes goes, with a record right before it: in the hole below the
 * added segments, or behind the end. */
uint64_t image_place(const struct added *a, uint64_t size);
/* stamp.c: put an image into an empty section. */
int put_image(struct added *a, const struct section_phdrs *s, const struct image *im, struct error *e);
/* unstamp.c: make the section empty, whatever belongs there. */
int take_out(struct object *o, const struct added *a, const struct section_phdrs *s, struct error *e);

/* Right before the image in the file, at the end of a page. */
struct stamp_record {
	char magic[8];
	uint64_t size;         /* of the file before */
	uint64_t shoff;        /* its e_shoff */
	uint16_t shnum;        /* its e_shnum */
	uint16_t shstrndx;     /* its e_shstrndx */
	uint32_t reserved;     /* 0 */
	uint64_t offset;       /* p_offset of the section's segment */
	uint64_t reserved_too; /* 0 */
	uint64_t stamped_size; /* of the file now */
	uint64_t checksum; /* FNV-1a of record and image, this field as 0, and of what follows the block */
};
#define STAMP_RECORD_MAGIC "SYSLSTMP"
/* The checksum that it must have; here: its offset in the file. */
uint64_t stamp_record_sum(const struct added *a, const struct section_phdrs *s, uint64_t here);
/* Whether the file is as stamp left it; then *r is its record. */
bool stamp_record_find(struct stamp_record *r, const struct added *a, const struct section_phdrs *s);
/* Whether a record, perhaps a damaged one, is there: tools that write the file anew leave it out. */
bool stamp_record_left(const struct added *a, const struct section_phdrs *s);

/*
 * The edits. *changed: whether there is anything to write. flags: SYSLAYER_NOTE_*.
 * reserve and stamp add the section where the file has none; stamp with size bytes.
 */
int reserve(struct object *o, uint64_t size, unsigned flags, bool *changed, struct error *e);
int stamp(struct object *o, const struct image *im, uint64_t size, bool *changed, struct error *e);
int unstamp(struct object *o, bool *changed, struct error *e);
/* Whether the section that a file has is what reserve or rewrite would make: 0, or -1 and why not. size 0:
 * any. */
int same_section(const struct added *a, uint64_t size, unsigned flags, struct error *e);

/*
 * forward.c: the stubs that go on to the primary section, which what is no primary itself has until it is
 * stamped.
 */
int stamp_forward(struct object *o, struct error *e);
/* Whether they and what they note down fit into a section of so many bytes. */
bool forward_fits(uint64_t section_size);
/* Whether the image in the section is theirs. */
bool is_forward(const struct added *a, const struct section_phdrs *s);

#endif
