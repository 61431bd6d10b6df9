// SPDX-License-Identifier: BSD-2-Clause
/* Fills in an error. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "error.h"

int fail(struct error *e, int status, const char *field, uint64_t offset, const char *format, ...)
{
	va_list ap;

	e->status = status;
	e->field = field;
	e->offset = offset;
	va_start(ap, format);
	vsnprintf(e->text, sizeof e->text, format, ap);
	va_end(ap);
	return -1;
}

int fail_errno(struct error *e, const char *format, ...)
{
	int error = errno;
	va_list ap;
	size_t n;

	e->status = STATUS_TROUBLE;
	e->field = NULL;
	e->offset = NO_OFFSET;
	va_start(ap, format);
	vsnprintf(e->text, sizeof e->text, format, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(error));
	return -1;
}
