// SPDX-License-Identifier: BSD-2-Clause
/*
 * Debian's liblua5.4.a was compiled against glibc with _FORTIFY_SOURCE. What it calls for that
 * musl does not have; all else of the two C libraries' ABIs is the same on x86-64.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int __fprintf_chk(FILE *f, int flag, const char *format, ...);
int __snprintf_chk(char *s, size_t n, int flag, size_t size, const char *format, ...);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t size);
void __longjmp_chk(jmp_buf env, int value);

int __fprintf_chk(FILE *f, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	(void)flag;
	va_start(ap, format);
	n = vfprintf(f, format, ap);
	va_end(ap);
	return n;
}

int __snprintf_chk(char *s, size_t n, int flag, size_t size, const char *format, ...)
{
	va_list ap;
	int r;

	(void)flag;
	va_start(ap, format);
	r = vsnprintf(s, n < size ? n : size, format, ap);
	va_end(ap);
	return r;
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t size)
{
	if (n > size)
		__builtin_trap();
	return memcpy(to, from, n);
}

void __longjmp_chk(jmp_buf env, int value)
{
	longjmp(env, value);
}
