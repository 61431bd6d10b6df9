/* SPDX-License-Identifier: BSD-2-Clause */
/* The section of the test program, with an image over it, and a site as elfpatch makes them. */
#ifndef TESTS_LAYERS_SITE_H
#define TESTS_LAYERS_SITE_H

#include <syslayer/abi.h>

extern char section[SYSLAYER_SIZE_DEFAULT];

/* Map an image over the section and call its start hook, if init. Exits with 99 when it cannot. */
void map_image(const char *path, char **argv, int init, int secure);

/* A system call through its slot; result or -errno. */
long site(long number, ...);
/* The same past all slots. */
long raw(long number, ...);
/* SLOT_ASK: 0 "go on" or 1 "answered", with the answer in *result. */
int ask(long *result, long number, ...);
/* What `vfork` is in a program: asked first, then made where it stands. */
int site_vfork(void);
/* fork(2) by clone(2), as the C library does it. */
int site_fork(void);

/*
 * Make a call through its slot with a value in each register, and in the flags, red zone and
 * xmm; print what came back changed. Returns how many did.
 */
int check_registers(long number, unsigned long entry);

#endif
