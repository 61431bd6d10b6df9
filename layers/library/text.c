// SPDX-License-Identifier: BSD-2-Clause
/* Strings, numbers, JSON, the environment. */
#include <syslayer/layer.h>

typedef uint64_t __attribute__((may_alias)) word;

/* Words that are aligned lie in one page: what is read beyond the end is there. */
size_t syslayer_length(const char *s)
{
	const word *p = (const word *)((uintptr_t)s & ~(uintptr_t)7);
	const uint64_t ones = ~0UL / 255;
	uint64_t w = *p | ((1UL << (uintptr_t)s % 8 * 8) - 1), zero;

	while (!(zero = (w - ones) & ~w & ones << 7))
		w = *++p;
	return (size_t)((const char *)p - s) + (unsigned)__builtin_ctzl(zero) / 8;
}

int syslayer_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const char *syslayer_getenv(const struct syslayer_start *start, const char *name)
{
	const char *const *env = (const char *const *)(start->stack + 1 + start->stack[0] + 1);

	if (start->secure)
		return NULL;
	for (; *env; env++) {
		const char *e = *env, *n = name;

		while (*n && *e == *n)
			e++, n++;
		if (!*n && *e == '=')
			return e + 1;
	}
	return NULL;
}

void syslayer_text_init(struct syslayer_text *t, char *start, size_t size)
{
	t->start = t->at = start;
	t->end = start + size;
}

void syslayer_put(struct syslayer_text *t, const char *s, size_t length)
{
	char *at = t->at;

	if (length > (size_t)(t->end - at))
		length = (size_t)(t->end - at);
	t->at = at + length;
	/* The last piece overlaps the one before it. */
	if (length >= 8) {
		const char *last = s + length - 8;

		for (; s < last; at += 8, s += 8)
			__builtin_memcpy(at, s, 8);
		__builtin_memcpy(t->at - 8, last, 8);
	} else if (length >= 4) {
		__builtin_memcpy(at, s, 4);
		__builtin_memcpy(t->at - 4, s + length - 4, 4);
	} else if (length) {
		at[0] = s[0];
		at[length / 2] = s[length / 2];
		at[length - 1] = s[length - 1];
	}
}

void syslayer_putn(struct syslayer_text *t, uint64_t n, unsigned width)
{
	char digits[20];
	unsigned i = sizeof digits;

	if (n < 10 && width < 2) {
		digits[0] = (char)('0' + n);
		syslayer_put(t, digits, 1);
		return;
	}
	/* A division is the dearest here: one for two digits. */
	for (; n >= 100; n /= 100) {
		digits[--i] = (char)('0' + n % 100 % 10);
		digits[--i] = (char)('0' + n % 100 / 10);
	}
	digits[--i] = (char)('0' + n % 10);
	if (n >= 10)
		digits[--i] = (char)('0' + n / 10);
	for (; width > sizeof digits - i; width--)
		syslayer_put(t, " ", 1);
	syslayer_put(t, digits + i, sizeof digits - i);
}

void syslayer_putx(struct syslayer_text *t, uint64_t n)
{
	static const char hex[] = "0123456789abcdef";
	char digits[16];
	unsigned i = sizeof digits;

	do
		digits[--i] = hex[n & 15];
	while (n >>= 4);
	syslayer_puts(t, "0x");
	syslayer_put(t, digits + i, sizeof digits - i);
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

void syslayer_put_json(struct syslayer_text *t, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	syslayer_put(t, "\"", 1);
	while (*s) {
		unsigned char c = (unsigned char)*s;
		unsigned n = utf8_length((const unsigned char *)s);

		if (c == '"' || c == '\\') {
			syslayer_put(t, "\\", 1);
		} else if (c < 0x20) {
			syslayer_puts(t, "\\u00");
			syslayer_put(t, &hex[c >> 4], 1);
			syslayer_put(t, &hex[c & 15], 1);
			s++;
			continue;
		} else if (!n) {
			syslayer_puts(t, "\\ufffd");
			s++;
			continue;
		}
		syslayer_put(t, s, n);
		s += n;
	}
	syslayer_put(t, "\"", 1);
}
