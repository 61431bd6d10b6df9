// SPDX-License-Identifier: BSD-2-Clause
/* What compilers call where a structure is copied or cleared. */
#include "library.h"

void *memcpy(void *to, const void *from, size_t n)
{
	void *start = to;

	/* What is small is not worth the start of the instruction, some 30 cycles. */
	for (; n >= 8 && n < 512; n -= 8, to = (char *)to + 8, from = (const char *)from + 8)
		__builtin_memcpy(to, from, 8);
	if (n)
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return start;
}

void *memset(void *to, int c, size_t n)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(c) : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *s = from;

	if (t <= s)
		return memcpy(to, from, n);
	while (n--)
		t[n] = s[n];
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}
