/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * errno of the classic form, through a pointer in TLS: which errno it is, glibc's, musl's or
 * our own, is asked once a thread, so one archive serves them all.
 */
#include <syslayer/sys.h>

/* Initial-exec: no call of __tls_get_addr, which a program without a libc does not have. */
#define TLS __thread __attribute__((tls_model("initial-exec"), visibility("hidden")))

extern TLS int *__libsys_errno;
TLS int *__libsys_errno;
static __thread __attribute__((tls_model("initial-exec"))) int own_errno;

extern __attribute__((weak, visibility("default"))) int *__errno_location(void);

long __libsys_error(long result);

int *libsys_errno_location(void)
{
	if (!__libsys_errno)
		__libsys_errno = __errno_location ? __errno_location() : &own_errno;
	return __libsys_errno;
}

/* The wrappers jump here with a raw result in -4095..-1. */
long __libsys_error(long result)
{
	*libsys_errno_location() = (int)-result;
	return -1;
}
