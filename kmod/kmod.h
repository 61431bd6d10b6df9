/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the module share. */
#ifndef SYSLAYER_KMOD_H
#define SYSLAYER_KMOD_H

#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/version.h>
#include <syslayer/image.h>
#include "counters.h"

/* What is to be known of a file that is executed, or of its interpreter. */
struct program {
	struct syslayer_note note;
	bool interpreted; /* it has a PT_INTERP */
	/* Stubs that stand in the section, in the file: they go on to the section of the interpreter. Or 0.
	 */
	u32 stubs_size;
	u64 stubs_offset;
	/* Where its system calls are: the section, and the trampolines if they are next to it; whole pages.
	 */
	u64 calls_start, calls_end;
};

/*
 * Read the note of an ELF file; head is its ELF header. COUNT_OK: *program is filled in, and
 * the note was checked against the program headers. Else why the file is left alone;
 * program->interpreted is valid unless the headers cannot be read.
 */
enum counter note_read(struct file *file, const struct elf64_hdr *head, struct program *program);

/* Whether it is a file for which note_read() has anything to say. */
bool note_header(const struct elf64_hdr *head);

/* A stub image that fits a program. */
struct image {
	struct file *file; /* to be given back */
	u32 size;          /* how much of it is to be mapped */
	u32 flags;
};

/* The image for a note. *why: what is wrong with it, in words, if there is more to say than the counter does.
 */
enum counter image_find(const struct syslayer_note *note, struct image *image, const char **why);

int image_start(void);
void image_stop(void);

/* Map an image over the section of what was loaded from file at bias, in the process that executes. */
enum counter section_map(const struct image *image, const struct program *program, struct file *file,
                         unsigned long bias);

/* Tell the stubs of a program, which go on to the section at primary, where that is. */
bool section_join(const struct program *program, unsigned long bias, unsigned long primary);

/* A value of the auxiliary vector of the process that executes, or 0. */
unsigned long auxiliary(unsigned long type);

/* The interpreter of the process that executes: its file, to be given back, and its load bias. */
struct file *interpreter_find(unsigned long *bias);

/* Whether the file is known to have no note: most interpreters are the same one. */
bool interpreter_is_plain(const struct file *file);
void interpreter_remember_plain(const struct file *file);

/* An image of that name which is open, to be given back, and its first bytes; NULL: none as it is now. */
struct file *recent_find(const char *name, char head[SYSLAYER_IMAGE_HEAD]);

/* To be held open for a while; takes the name. changed: its ctime from before head was read. */
void recent_remember(char *name, struct file *file, struct timespec64 changed,
                     const char head[SYSLAYER_IMAGE_HEAD]);
void recent_stop(void);

/* Before Linux 6.6 there was no such function. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define inode_get_ctime(inode) ((inode)->i_ctime)
#endif

/* What has the section with the layer of a process: executable, or interpreter. */
struct primary {
	struct program program;
	unsigned long bias;
	u32 image_flags; /* of the image that has been mapped */
	bool mapped;     /* one has */
};

/* Whether enforcement is asked for. */
bool enforce_wanted(void);
/* Enforcement, for a program that has an image. */
enum counter enforce_program(const struct linux_binprm *bprm, const struct primary *primary);
int enforce_start(void);
void enforce_stop(void);

/* A copy of a path that is a parameter, to be given to kfree(); NULL if it is empty. */
char *parameter_image(void);
char *parameter_directory(const char *abi);

#endif
