/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every constant of the formats: section, slot, note, stub image, added segment.
 * C, assembly, linker scripts and the kernel module include this file; the text
 * that explains it is syslayer-abi(7).
 */
#ifndef SYSLAYER_ABI_H
#define SYSLAYER_ABI_H

/* The section. */
#define SYSLAYER_SECTION ".syscalls"
#define SYSLAYER_PAGE 4096
#define SYSLAYER_SLOT_SIZE 64
#define SYSLAYER_SLOT_COUNT 512
#define SYSLAYER_SLOTS_SIZE (SYSLAYER_SLOT_SIZE * SYSLAYER_SLOT_COUNT)
#define SYSLAYER_SIZE_DEFAULT 0x100000
#define SYSLAYER_SIZE_MAX 0x10000000

/*
 * A slot has two entries. A site comes in at SLOT_CALL and gets the result of the call.
 * A call that must not leave its stack (vfork, clone, ...) or its place (what a program
 * compares its pc with) is made where it stood; before it is made its site comes in at
 * SLOT_ASK, and goes on to make the call if rcx is 0 on return; else rax is the result.
 */
#define SYSLAYER_SLOT_CALL 0
#define SYSLAYER_SLOT_ASK 32

/*
 * The frame that a site makes for a stub: rsp goes down by FRAME, over the red zone, and
 * the address where the site goes on stands at the new top (syslayer-abi(7), "The call").
 */
#define SYSLAYER_RED_ZONE 128
#define SYSLAYER_FRAME (SYSLAYER_RED_ZONE + 8)

/* In the upper half of rax, which the kernel ignores: the call was caught, and comes to the slot from the
 * layer. */
#define SYSLAYER_OUTSIDE 0x5359534c

/* In the operand of the instruction behind a call that is made with more on the stack (syslayer-abi(7),
 * "Unwinding"). */
#define SYSLAYER_DEPTH 0x4c53

/*
 * The image header lies in what slots 0 and 1 leave free: their code must fit into the
 * first 16 bytes, and they have no SLOT_ASK: the header says where theirs is.
 */
#define SYSLAYER_IMAGE_HEADER 16
#define SYSLAYER_IMAGE_NAMES (SYSLAYER_SLOT_SIZE + 16)
#define SYSLAYER_IMAGE_ASK (SYSLAYER_IMAGE_HEADER + 40) /* of the header's field ask */
#define SYSLAYER_IMAGE_MAGIC "SYSLAYER"
#define SYSLAYER_IMAGE_MAGIC_LEN 8
#define SYSLAYER_IMAGE_VERSION 1
#define SYSLAYER_IMAGE_FORWARD 1 /* flag: goes on to the primary section, whose address begins its state */
#define SYSLAYER_IMAGE_ALL 2     /* flag: makes in the section also what other layers leave elsewhere */
#define SYSLAYER_LAYER_NAME_LEN 16
#define SYSLAYER_ABI_NAME_LEN 32

/* The ABI that the slots serve: its name, and the revision of its number table. */
#define SYSLAYER_ABI_LINUX_X86_64 "linux-x86_64"
#define SYSLAYER_ABI_VERSION 1

/* The note. */
#define SYSLAYER_NOTE_NAME "Syslayer"
#define SYSLAYER_NOTE_NAME_LEN 9
#define SYSLAYER_NOTE_TYPE 1
#define SYSLAYER_NOTE_VERSION 1
#define SYSLAYER_NOTE_REQUIRED 1 /* flag: an image file must be mapped, or the program does not start */

/* The added segment. */
#define SYSLAYER_ADDED_NOTE_SECTION ".note.syslayer"
#define SYSLAYER_ADDED_TEXT_SECTION ".syslayer"
#define SYSLAYER_ADDED_UNDO_SECTION ".syslayer.undo"
#define SYSLAYER_ADDED_VERSION 2
#define SYSLAYER_UNDO_MAGIC "SYSLUNDO"

#ifndef __ASSEMBLER__
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* The descriptor of the note; addresses are those of the file, before the load bias. */
struct syslayer_note {
	uint32_t version;                /* SYSLAYER_NOTE_VERSION */
	uint16_t machine;                /* e_machine */
	uint16_t flags;                  /* SYSLAYER_NOTE_* */
	uint64_t address;                /* of the section; page aligned */
	uint64_t size;                   /* of the section, bytes; whole pages */
	uint32_t slot_size;              /* bytes */
	uint32_t slot_count;             /* number of slots; the section holds at least these */
	uint32_t abi_version;            /* the oldest revision of the ABI that will do */
	uint32_t reserved;               /* 0 */
	char abi[SYSLAYER_ABI_NAME_LEN]; /* NUL padded, at least one NUL */
};

/* At SYSLAYER_IMAGE_HEADER in an image: 48 bytes. */
struct syslayer_image_header {
	char magic[SYSLAYER_IMAGE_MAGIC_LEN];
	uint16_t version;     /* SYSLAYER_IMAGE_VERSION */
	uint16_t machine;     /* e_machine */
	uint32_t abi_version; /* the revision that it implements; it serves all older ones */
	uint32_t slot_count;  /* slots in the image */
	uint32_t slot_size;   /* bytes */
	uint32_t size;        /* bytes that are mapped R E; whole pages; the file has at least these */
	uint32_t state;       /* bytes of zeroed memory that it uses right behind size; whole pages */
	uint32_t init;        /* offset of the start hook, or 0 */
	uint32_t flags;       /* 0 */
	uint32_t ask;         /* offset of the ask entry of slots 0 and 1, or 0: they are not asked */
	uint32_t reserved;    /* 0 */
};

/* At SYSLAYER_IMAGE_NAMES in an image: 48 bytes. */
struct syslayer_image_names {
	char layer[SYSLAYER_LAYER_NAME_LEN]; /* NUL padded, at least one NUL */
	char abi[SYSLAYER_ABI_NAME_LEN];     /* as in the note */
};

/*
 * What the start hook of an image is called with, once a process, on the initial stack,
 * before any code of the program: void init(const struct syslayer_start *).
 */
struct syslayer_start {
	uint32_t size;     /* of this structure */
	uint32_t secure;   /* AT_SECURE: nothing from the environment counts */
	const long *stack; /* argc, argv..., 0, envp..., 0, auxv (x86-64 psABI 3.4.1) */
	void *section;     /* base of the section */
	uint64_t section_size;
};

/*
 * The added segment begins with this block; its tail is the runtime's. Offsets are from
 * the start of the block, so that they hold at every load bias; 0 is "none".
 */
struct syslayer_added {
	uint32_t namesz, descsz, type; /* ELF note header */
	char name[(SYSLAYER_NOTE_NAME_LEN + 3) & ~3];
	struct syslayer_note note;
	uint32_t version; /* SYSLAYER_ADDED_VERSION */
	uint32_t size;    /* of the block with all that follows it */
	int64_t section;  /* the section */
	int64_t entry;    /* what e_entry was */
	uint32_t forward; /* 1: stubs that go on to the primary section stand in the file, in the section */
	uint32_t linker;  /* 1: the file is a dynamic linker */
	uint32_t native;  /* the native stubs: an image; page aligned, at the end */
	uint32_t runtime; /* the runtime's code, and its size */
	uint32_t runtime_size;
	uint32_t sites; /* the table of sites, and its number of rows */
	uint32_t site_count;
	uint32_t trampolines; /* their code, and its size */
	uint32_t trampolines_size;
	uint32_t phdrs; /* the program headers, and for how many there is room */
	uint32_t phdr_room;
	/* FNV-1a, its low 32 bits, of all that size counts;
	   0 for this, and for p_offset where p_filesz is not 0 */
	uint32_t checksum;
	uint32_t unwind; /* struct syslayer_unwind and .eh_frame, and their size */
	uint32_t unwind_size;
};

/* The unwind information begins with this: what was done to the program's own search table for it. */
struct syslayer_unwind {
	int64_t table;       /* its .eh_frame_hdr, from the start of the block; 0: it has none */
	uint32_t header;     /* a header of ours, which is in use instead: offset in the block, or 0 */
	uint32_t count;      /* entries of the table */
	uint32_t index;      /* the first one that was changed, if header is 0 */
	int32_t fde;         /* what it had for an FDE */
	int32_t next, after; /* the entry behind it as it was: start and FDE; those that followed moved up */
};

/*
 * At the start of the page before the segment: what the file was before it was rewritten. Its program headers
 * follow, phnum of them. Sums are the engine's own (undo.c), but for the last one.
 */
struct syslayer_undo {
	char magic[8];            /* SYSLAYER_UNDO_MAGIC */
	uint64_t size;            /* of the original, bytes */
	uint64_t original;        /* sum of the original */
	uint64_t loaded;          /* sum of what its segments load, without the ELF header */
	uint64_t from, to;        /* what it had from there on stands there now; 0: all is in its place */
	uint64_t debug_frame;     /* of its .debug_frame, bytes; 0: it had none */
	unsigned char header[64]; /* its ELF header */
	uint32_t phnum, reserved; /* phnum 0: its program headers are too many for the page */
	uint64_t checksum;        /* 64-bit FNV-1a of the page, with 0 for this */
};

/* How a site was rewritten; values stand in files. */
enum syslayer_tactic {
	SYSLAYER_TACTIC_NONE = 0,
	SYSLAYER_TACTIC_BEFORE = 1, /* the instructions before it moved into the trampoline */
	SYSLAYER_TACTIC_AFTER = 2,  /* the instructions behind it */
	SYSLAYER_TACTIC_RANGE = 3,  /* the instruction stays: what leads to its range asks first */
	SYSLAYER_TACTIC_AROUND = 4, /* the instructions before and behind it moved */
	SYSLAYER_TACTIC_SHORT = 5,  /* a short jump to fill between functions, where a long one stands */
};

/* Why a site is as it was; values stand in files. */
enum syslayer_reason {
	SYSLAYER_REASON_NONE = 0,
	SYSLAYER_REASON_SIGRETURN = 1, /* debuggers and unwinders know rt_sigreturn by its bytes */
	SYSLAYER_REASON_NUMBER = 2,    /* the number has no slot: the kernel's own answer is right */
	SYSLAYER_REASON_TARGET = 3,    /* a branch may go into the middle of what would be replaced */
	SYSLAYER_REASON_ROOM = 4,      /* the instructions around it cannot be moved */
	SYSLAYER_REASON_COMPARED = 5,  /* the program compares its pc with the site */
};

/*
 * One row of the table of sites, ascending by address. Behind the last one follow the bytes that were
 * replaced, length for each row, in the same order.
 */
struct syslayer_site {
	int32_t address;     /* of the syscall instruction, from the start of the block */
	uint32_t trampoline; /* offset in the block, or 0: the site is as it was */
	int32_t number;      /* of the call, or -1: not known */
	uint8_t tactic;      /* enum syslayer_tactic */
	uint8_t reason;      /* enum syslayer_reason: why a site is as it was */
	uint8_t before;      /* bytes that were replaced before the instruction; of a short jump: its
	                      * displacement, signed; at the site it has 2 bytes, the rest is the fill's */
	uint8_t length;      /* bytes that were replaced, all in all; at most 20 */
};
#endif /* __ASSEMBLER__ */

#endif
