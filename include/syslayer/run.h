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
 * mount, device and inode; or begins with "-": nobody serves.
 */
#define SYSLAYER_RUN "SYSLAYER_RUN"
#define SYSLAYER_RUN_PART 16
#define SYSLAYER_RUN_LENGTH (5 * SYSLAYER_RUN_PART)
#define SYSLAYER_RUN_SOCKET "syslayer-"

/* Also there: the path of a socket of the same process, for programs in another network namespace, to which
 * names of abstract sockets do not lead. */
#define SYSLAYER_RUN_AT "SYSLAYER_RUN_AT"

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
};
#define SYSLAYER_ASK_MAX 8192

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
