// SPDX-License-Identifier: BSD-2-Clause
/* Sets of calls as strace(1) writes them, and the names of calls, errors and signals. */
#include <asm/signal.h>
#include "pattern.h"
#include "set.h"
#include "words.h"

#define CLASS(letter)                                                                                        \
	((letter) >= 'a'   ? 1U << ((letter) - 'a')                                                          \
	 : (letter) == 'S' ? 1U << 26                                                                        \
	 : (letter) == 'L' ? 1U << 27                                                                        \
	 : (letter) == 'F' ? 1U << 28                                                                        \
	 : (letter) == 'U' ? 1U << 30                                                                        \
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
    {"lstat", "L"}, {"fstat", "F"},  {"%stat", "SLF"}, {"statfs", "t"},  {"fstatfs", "T"}, {"%statfs", "tTU"},
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

/* 1 or 0: it matches none; -1: it is no pattern. */
static int mark_matching(unsigned char *table, const char *pattern, size_t length)
{
	int found = 0;

	for (unsigned i = 0; i < CALL_NAMES; i++) {
		int matches = pattern_matches(pattern, length, set_name(i));

		if (matches < 0)
			return -1;
		if (matches && *set_name(i))
			found = table[i] = 1;
	}
	return found;
}

static int mark_class(unsigned char *table, const char *name, size_t length)
{
	unsigned letters = 0;

	/* %%stat: all of its family. */
	if (length && *name == '%')
		name++, length--;
	for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++)
		if (same(classes[i].name, name, length))
			for (const char *l = classes[i].letters; *l; l++)
				letters |= CLASS(*l);
	for (unsigned i = 0; letters && i < CALL_NAMES; i++)
		if (call_classes[i] & letters)
			table[i] = 1;
	return !!letters;
}

/* NAME@64, @32 or @x32: what a program makes here is @64. */
static int without_personality(const char *word, size_t *length)
{
	static const char others[][5] = {"@64", "@32", "@x32"};

	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		size_t n = syslayer_length(others[i]);

		if (*length > n && same(others[i], word + *length - n, n)) {
			*length -= n;
			return i == 0;
		}
	}
	return 1;
}

static int mark_name(unsigned char *table, const char *word, size_t length)
{
	int is_here = without_personality(word, &length);

	for (unsigned i = 0; i < CALL_NAMES; i++) {
		if (length && same(set_name(i), word, length)) {
			table[i] |= is_here;
			return 1;
		}
	}
	return 0;
}

static int mark_number(unsigned char *table, const char *word, size_t length)
{
	unsigned long number;

	if (!set_number(word, length, &number) || number >= SYSLAYER_SLOT_COUNT)
		return 0;
	table[number] = 1;
	return 1;
}

static int mark(unsigned char *table, const char *word, size_t length)
{
	int may_be_none = 0, found;

	if (same("all", word, length) || same("none", word, length)) {
		for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
			table[i] = *word == 'a';
		return 1;
	}
	for (; length && *word == '?'; may_be_none = 1)
		word++, length--;
	if (length && *word == '/') {
		found = mark_matching(table, word + 1, length - 1);
		return found > 0 || (!found && may_be_none);
	}
	return mark_number(table, word, length) || mark_name(table, word, length) ||
	       mark_class(table, word, length) || may_be_none;
}

int set_parse(unsigned char table[SYSLAYER_SLOT_COUNT], const char *text, size_t length, const char **bad,
              size_t *bad_length)
{
	const char *at = text, *end = text + length;
	struct word w;
	int others = 0, found = 0;

	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		table[i] = 0;
	for (; at < end && *at == '!'; at++)
		others = !others;
	for (; (w = word_next(&at, end, ",")).length; found = 1) {
		if (!mark(table, w.at, w.length)) {
			*bad = w.at;
			*bad_length = w.length;
			return -1;
		}
	}
	if (!found) {
		*bad = text;
		*bad_length = length;
		return -1;
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
