/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processes of elfpatch run and the one that serves them say to each other: elfpatch-internals of
 * one version, no format for others.
 */
#ifndef SYSLAYER_RUN_H
#define SYSLAYER_RUN_H

#include <stdint.h>

/*
 * In the environment across an exec, and nowhere else: that this is under elfpatch run. Its value has parts
 * of 16 hexadecimal digits each: of the name of an abstract socket, a secret, and of the run's root its
 * mount, device and inode; then the folder of the cache; or begins with "-": nobody serves.
 */
#define SYSLAYER_RUN "SYSLAYER_RUN"
#define SYSLAYER_RUN_PART 16
#define SYSLAYER_RUN_LENGTH (5 * SYSLAYER_RUN_PART)
#define SYSLAYER_RUN_SOCKET "syslayer-"

/* Also there, in another network namespace, from which names of abstract sockets do not lead to that process:
 * the number of a descriptor that is connected with it. */
#define SYSLAYER_RUN_AT "SYSLAYER_RUN_AT"

/* Also there: the number of a descriptor, standard error as the run had it, for the layer. */
#define SYSLAYER_RUN_ERROR "SYSLAYER_ERROR_FD"

/* Also there: the calls, a bit each, in hexadecimal digits by 64, that a seccomp filter kills for when the
 * layer makes them. */
#define SYSLAYER_RUN_KILLED "SYSLAYER_KILLED"

/* Also there, where the image may be out of reach: the number of a descriptor of it, to be closed. */
#define SYSLAYER_RUN_IMAGE "SYSLAYER_IMAGE_FD"

/* What begins so is handed on from program to program, and not seen by them; but for what elfpatch itself
 * heeds. */
#define SYSLAYER_RUN_PREFIX "SYSLAYER_"
#define SYSLAYER_RUN_SEEN "SYSLAYER_CACHE_SIZE="

/*
 * One message of a SOCK_SEQPACKET, with a descriptor of the file by SCM_RIGHTS: before an exec of that file.
 * The values of LD_LIBRARY_PATH and LD_PRELOAD that the program will have follow, each with its NUL.
 */
struct syslayer_ask {
	char secret[SYSLAYER_RUN_PART];
	uint32_t what, flags; /* flags: of open(2), for SYSLAYER_ASK_OPEN */
	/* Where who asks is: the mount at his root, or 0 if it cannot be told; its device and inode; and of
	 * /etc/ld.so.cache there device, inode, size, times of modification and of change. */
	uint64_t place[8];
};
enum {
	SYSLAYER_ASK_PATH,    /* an exec by name */
	SYSLAYER_ASK_GIVEN,   /* the program has the descriptor, and no name is looked up */
	SYSLAYER_ASK_RELEASE, /* the file is going to be replaced or changed, and what is mounted over it must
	                         go */
	SYSLAYER_ASK_LOAD,    /* a dynamic linker has opened it to load it */
	SYSLAYER_ASK_OPEN, /* what a layer was given in the environment; its path follows, and the file is any
	                    */
	SYSLAYER_ASK_HERE, /* the file is a socket, whose other end will ask; there is no answer */
};
#define SYSLAYER_ASK_MAX 8192

/*
 * What has come to an answer that holds until something changes, so that nobody need ask again: a file in the
 * folder SYSLAYER_RUN_SETTLED of the cache, with the first part of SYSLAYER_RUN for a name. It is an array of
 * buckets, each of SYSLAYER_BUCKET places; where there is none, it is zero, or ends. Only processes with the
 * run's root find theirs there, and only of its user.
 */
#define SYSLAYER_RUN_SETTLED "settled"
/* A file, and all that decides about what it needs but its own bytes. */
struct syslayer_settled {
	uint64_t file[5],
	    libraries[5]; /* as in syslayer_ask.place; the device of the file as stat(2) has it */
	uint64_t root[3]; /* the same */
	uint64_t search;  /* of a program, syslayer_search(), or SYSLAYER_SEARCH_NONE */
	uint64_t user;    /* and group, in the lower half */
	uint64_t hash;    /* of the others: what has been read while it was written has another */
};
#define SYSLAYER_SEARCH_NONE 2 /* of a library, of which only itself counts */
#define SYSLAYER_BUCKET 8
#define SYSLAYER_BUCKETS 512

/* One step of a hash, of eight bytes. */
static inline uint64_t syslayer_hash_word(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15;
	return h ^ h >> 32;
}

/* One of 64-bit FNV-1a, which begins with this. */
#define SYSLAYER_HASH_START 0xcbf29ce484222325
static inline uint64_t syslayer_hash_byte(uint64_t h, unsigned char byte)
{
	return (h ^ byte) * 0x100000001b3;
}

static inline uint64_t syslayer_settled_hash(const struct syslayer_settled *p)
{
	const uint64_t *word = p->file;
	uint64_t h = 0;

	for (; word < &p->hash; word++)
		h = syslayer_hash_word(h, *word);
	return h;
}

/* Of the two strings that follow a question: 0 if they are empty, or else 64-bit FNV-1a, and 1. */
static inline uint64_t syslayer_search(const char *text, uint64_t size)
{
	uint64_t h = SYSLAYER_HASH_START;
	int empty = 1;

	for (uint64_t i = 0; i < size; i++) {
		h = syslayer_hash_byte(h, (unsigned char)text[i]);
		empty &= !text[i];
	}
	return empty ? 0 : h | 1;
}

/* The answer, with descriptors in the order of their bits: of what stands in the file's place now, or was to
 * be opened; of the image. */
enum { SYSLAYER_STAND_IN, SYSLAYER_IMAGE, SYSLAYER_DESCRIPTORS };
struct syslayer_answer {
	uint32_t what;
	uint32_t descriptors; /* 1 << SYSLAYER_STAND_IN, ... */
	char why[248];        /* a line for the user, or empty */
};
enum {
	SYSLAYER_GO_ON,
	SYSLAYER_ASK_AGAIN, /* open it anew: another one may stand there now */
	SYSLAYER_RELEASED,
};

#endif
