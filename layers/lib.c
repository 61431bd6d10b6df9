// SPDX-License-Identifier: BSD-2-Clause
/* Raw system calls, strings, the environment: what every layer in C needs. */
#include "lib.h"

long layer_sys(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return result;
}

size_t layer_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int layer_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const char *layer_getenv(const long *stack, const char *name)
{
	const char *const *env = (const char *const *)(stack + 1 + stack[0] + 1);

	for (; *env; env++) {
		const char *e = *env, *n = name;

		while (*n && *e == *n)
			e++, n++;
		if (!*n && *e == '=')
			return e + 1;
	}
	return NULL;
}

void layer_text_init(struct layer_text *t, char *start, size_t size)
{
	t->start = t->at = start;
	t->end = start + size;
}

void layer_put(struct layer_text *t, const char *s, size_t length)
{
	while (length-- && t->at < t->end)
		*t->at++ = *s++;
}

void layer_puts(struct layer_text *t, const char *s)
{
	layer_put(t, s, layer_length(s));
}

void layer_putn(struct layer_text *t, uint64_t n, unsigned width)
{
	char digits[20];
	unsigned i = sizeof digits;

	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	for (; width > sizeof digits - i; width--)
		layer_put(t, " ", 1);
	layer_put(t, digits + i, sizeof digits - i);
}

/* Bytes of the well-formed UTF-8 sequence at s (Unicode, table 3-7), or 0. */
static unsigned utf8_length(const unsigned char *s)
{
	unsigned length = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) || (*s == 0xf0 && s[1] < 0x90) ||
	    (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	for (unsigned i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

void layer_put_json(struct layer_text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	layer_put(t, "\"", 1);
	while (*s) {
		unsigned char c = (unsigned char)*s;
		unsigned n = utf8_length((const unsigned char *)s);

		if (c == '"' || c == '\\') {
			layer_put(t, "\\", 1);
		} else if (c < 0x20) {
			layer_puts(t, "\\u00");
			layer_put(t, &hex[c >> 4], 1);
			layer_put(t, &hex[c & 15], 1);
			s++;
			continue;
		} else if (!n) {
			layer_puts(t, "\\ufffd");
			s++;
			continue;
		}
		layer_put(t, s, n);
		s += n;
	}
	layer_put(t, "\"", 1);
}
