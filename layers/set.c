// SPDX-License-Identifier: BSD-2-Clause
/* Sets of calls as strace(1) writes them, and the names of calls, errors and signals. */
#include <asm/signal.h>
#include "set.h"

#define CLASS(letter)                                                                                        \
	((letter) >= 'a'   ? 1U << ((letter) - 'a')                                                          \
	 : (letter) == 'S' ? 1U << 26                                                                        \
	 : (letter) == 'L' ? 1U << 27                                                                        \
	 : (letter) == 'F' ? 1U << 28                                                                        \
	                   : 1U << 29)
#include "calls.h"
#include "error-names.h"

struct class
{
	char name[10], letters[6];
};
static const struct class classes[] = {
    {"file", "f"},  {"desc", "d"},   {"process", "p"}, {"network", "n"}, {"net", "n"},     {"signal", "s"},
    {"ipc", "i"},   {"memory", "m"}, {"creds", "c"},   {"clock", "k"},   {"pure", "u"},    {"stat", "S"},
    {"lstat", "L"}, {"fstat", "F"},  {"%stat", "SLF"}, {"statfs", "t"},  {"fstatfs", "T"}, {"%statfs", "tT"},
};

static int same(const char *name, const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && name[i] == text[i] && name[i])
		i++;
	return i == length && !name[i];
}

const char *set_name(unsigned long number)
{
	if (number >= CALL_NAMES || call_name_at[number] == 65535)
		return "";
	return call_names + call_name_at[number];
}

int set_number(const char *text, size_t length, unsigned long *number)
{
	unsigned base = 10;

	*number = 0;
	if (length > 1 && text[0] == '0') {
		base = text[1] == 'x' ? 16 : 8;
		text += base == 16 ? 2 : 1;
		length -= base == 16 ? 2 : 1;
	}
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
		                 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
		                                        : 99;

		if (digit >= base || *number > (~0UL - digit) / base)
			return 0;
		*number = *number * base + digit;
	}
	return length > 0;
}

static int mark(unsigned char *table, const char *word, size_t length)
{
	unsigned long number;
	unsigned letters = 0;
	const char *name = word;
	size_t n = length;

	if (same("all", word, length) || same("none", word, length)) {
		for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
			table[i] = *word == 'a';
		return 1;
	}
	if (set_number(word, length, &number)) {
		if (number >= SYSLAYER_SLOT_COUNT)
			return 0;
		table[number] = 1;
		return 1;
	}
	for (unsigned i = 0; i < CALL_NAMES; i++) {
		if (same(set_name(i), word, length)) {
			table[i] = 1;
			return 1;
		}
	}
	/* %%stat: all of its family. */
	if (n && *name == '%')
		name++, n--;
	for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++)
		if (same(classes[i].name, name, n))
			for (const char *l = classes[i].letters; *l; l++)
				letters |= CLASS(*l);
	for (unsigned i = 0; letters && i < CALL_NAMES; i++)
		if (call_classes[i] & letters)
			table[i] = 1;
	return !!letters;
}

int set_parse(unsigned char table[SYSLAYER_SLOT_COUNT], const char *text, size_t length, const char **bad,
              size_t *bad_length)
{
	int others = length && *text == '!';

	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		table[i] = 0;
	if (others)
		text++, length--;
	for (;;) {
		size_t n = 0;

		while (n < length && text[n] != ',')
			n++;
		if (!mark(table, text, n)) {
			*bad = text;
			*bad_length = n;
			return -1;
		}
		if (n == length)
			break;
		text += n + 1;
		length -= n + 1;
	}
	for (unsigned i = 0; others && i < SYSLAYER_SLOT_COUNT; i++)
		table[i] = !table[i];
	return 0;
}

const char *set_error(unsigned number, const char **message)
{
	const char *s = error_names;

	*message = "";
	if (number >= ERRORS || !error_at[number])
		return "";
	s += error_at[number];
	*message = s + syslayer_length(s) + 1;
	return s;
}

unsigned set_error_number(const char *name, size_t length)
{
	const char *message;
	unsigned long number;

	for (unsigned i = 1; i < ERRORS; i++)
		if (length && same(set_error(i, &message), name, length))
			return i;
	return set_number(name, length, &number) && number > 0 && number < 4096 ? (unsigned)number : 0;
}

unsigned set_signal_number(const char *name, size_t length)
{
	static const char names[][7] = {"HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",  "FPE",
	                                "KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM", "STKFLT",
	                                "CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",  "XCPU",
	                                "XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS"};
	unsigned long number;

	if (set_number(name, length, &number))
		return number > 0 && number <= 64 ? (unsigned)number : 0;
	if (length > 3 && name[0] == 'S' && name[1] == 'I' && name[2] == 'G')
		name += 3, length -= 3;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (same(names[i], name, length))
			return i + 1;
	return 0;
}
