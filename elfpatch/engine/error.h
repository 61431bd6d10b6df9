/* SPDX-License-Identifier: BSD-2-Clause */
/* What went wrong, where in the file; the engine fills it in, the verbs print it. */
#ifndef ENGINE_ERROR_H
#define ENGINE_ERROR_H

#include <stdint.h>

/* Exit statuses of elfpatch, elfpatch(1) EXIT STATUS. */
enum { STATUS_OK = 0, STATUS_NEGATIVE = 1, STATUS_TROUBLE = 2, STATUS_UNSUPPORTED = 3 };

#define NO_OFFSET UINT64_MAX

struct error {
	int status;
	const char *field; /* the field's name in elf(5) or syslayer-abi(7), or NULL */
	uint64_t offset;   /* in the file, or NO_OFFSET */
	char text[224];
};

/* Fill in *e; always returns -1, so that a caller can return it. */
int fail(struct error *e, int status, const char *field, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same for a system call that failed: format is about it, errno says why. */
int fail_errno(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
