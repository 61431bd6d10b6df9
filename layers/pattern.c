// SPDX-License-Identifier: BSD-2-Clause
/*
 * POSIX extended regular expressions (regex(7)), without a compiled form: names are short, so the places in
 * one where a match may have come to are the bits of a word, and each part of an expression takes such a set
 * to the next. So no expression takes long.
 */
#include <stdint.h>
#include "pattern.h"

struct pattern {
	const char *at, *end;
	const char *name;
	unsigned length;
	unsigned depth;
	int bad;
};

#define DEPTH_MAX 64
#define REPEAT_MAX 255

typedef uint64_t places; /* bit n: before name[n] */

static places alternatives(struct pattern *p, places from);

static places wrong(struct pattern *p)
{
	p->bad = 1;
	p->at = p->end;
	return 0;
}

static int is_next(const struct pattern *p, char c)
{
	return p->at < p->end && *p->at == c;
}

static int takes(struct pattern *p, char c)
{
	if (!is_next(p, c))
		return 0;
	p->at++;
	return 1;
}

static int is_within(char c, char low, char high)
{
	return c >= low && c <= high;
}

static int is_one_of(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set;
}

/* A class of characters, as far as names have them: they are lower-case letters, digits and _. */
static int is_in_class(const char *class, size_t length, char c, int *in)
{
	static const char names[][7] = {"alpha", "lower", "alnum", "digit", "xdigit", "punct",
	                                "print", "graph", "upper", "space", "blank",  "cntrl"};
	int digit = is_within(c, '0', '9'), letter = is_within(c, 'a', 'z');
	const int has[] = {letter, letter, letter || digit, digit, digit || is_within(c, 'a', 'f'), c == '_',
	                   1,      1};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n = 0;

		while (n < length && names[i][n] == class[n])
			n++;
		if (n < length || names[i][n])
			continue;
		*in |= i < sizeof has / sizeof *has && has[i];
		return 1;
	}
	return 0;
}

/* [:NAME:]; at is behind the first bracket. Returns 0 if it is none. */
static int class_has(struct pattern *p, char c, int *in)
{
	const char *name = ++p->at;

	while (p->end - p->at >= 2 && !(p->at[0] == ':' && p->at[1] == ']'))
		p->at++;
	if (p->end - p->at < 2 || !is_in_class(name, (size_t)(p->at - name), c, in))
		return 0;
	p->at += 2;
	return 1;
}

/* Whether the list in brackets has c; at is behind the bracket that opens it. */
static int list_has(struct pattern *p, char c)
{
	int others = takes(p, '^'), in = 0, first = 1;

	for (; p->at < p->end && (first || *p->at != ']'); first = 0) {
		char low = *p->at++, high = low;

		if (low == '[' && is_next(p, ':')) {
			if (!class_has(p, c, &in))
				wrong(p);
			continue;
		}
		if (low == '[' && (is_next(p, '.') || is_next(p, '=')))
			wrong(p);
		if (p->end - p->at >= 2 && p->at[0] == '-' && p->at[1] != ']') {
			high = p->at[1];
			p->at += 2;
			if (high < low)
				wrong(p);
		}
		in |= is_within(c, low, high);
	}
	if (!takes(p, ']') || first)
		wrong(p);
	return in != others;
}

static places list(struct pattern *p, places from)
{
	const char *start = p->at;
	places to = 0;

	/* Once in any case, to be behind it. */
	list_has(p, 0);
	for (unsigned i = 0; i < p->length && !p->bad; i++) {
		p->at = start;
		if (list_has(p, p->name[i]))
			to |= from >> i & 1 ? 2ULL << i : 0;
	}
	return to;
}

static places literal(const struct pattern *p, places from, char c, int any)
{
	places to = 0;

	for (unsigned i = 0; i < p->length; i++)
		if (any || p->name[i] == c)
			to |= from >> i & 1 ? 2ULL << i : 0;
	return to;
}

static places group(struct pattern *p, places from)
{
	places to;

	if (p->depth++ == DEPTH_MAX)
		return wrong(p);
	to = alternatives(p, from);
	p->depth--;
	return takes(p, ')') ? to : wrong(p);
}

static places atom(struct pattern *p, places from)
{
	char c = *p->at++;

	switch (c) {
	case '(':
		return group(p, from);
	case '[':
		return list(p, from);
	case '.':
		return literal(p, from, 0, 1);
	case '^':
	case '$':
		if (p->at < p->end && is_one_of(*p->at, "*+?{"))
			return wrong(p);
		return from & 1ULL << (c == '^' ? 0 : p->length);
	case '*':
	case '+':
	case '?':
	case '{':
		return wrong(p);
	case '\\':
		/* Back-references, and what glibc has beside POSIX. */
		if (p->at == p->end || is_one_of(*p->at, "123456789wWsSbB<>`'"))
			return wrong(p);
		c = *p->at++;
	}
	return literal(p, from, c, 0);
}

static unsigned bound(struct pattern *p)
{
	unsigned n = 0;

	if (p->at == p->end || !is_within(*p->at, '0', '9'))
		wrong(p);
	while (p->at < p->end && is_within(*p->at, '0', '9') && n <= REPEAT_MAX)
		n = n * 10 + (unsigned)(*p->at++ - '0');
	if (n > REPEAT_MAX)
		wrong(p);
	return n;
}

/* How often; 0 if it is not said. */
static int repetition(struct pattern *p, unsigned *least, unsigned *most)
{
	*least = is_next(p, '+');
	*most = is_next(p, '?') ? 1 : ~0U;
	if (takes(p, '*') || takes(p, '+') || takes(p, '?'))
		return 1;
	if (!takes(p, '{'))
		return 0;
	*least = *most = bound(p);
	if (takes(p, ','))
		*most = is_next(p, '}') ? ~0U : bound(p);
	if (!takes(p, '}') || *most < *least)
		wrong(p);
	return 1;
}

/* From start to where p is, so often. */
static places repeated(struct pattern *p, const char *start, places from, unsigned least, unsigned most)
{
	const char *behind = p->at, *end = p->end;
	places to = least ? 0 : from, seen = from;

	for (unsigned n = 1; n <= most && seen && !p->bad; n++) {
		places next;

		p->at = start;
		p->end = behind;
		next = alternatives(p, seen);
		if (n >= least && !(next & ~to))
			break;
		if (n >= least || next == seen)
			to |= next;
		if (next == seen)
			break;
		seen = next;
	}
	p->end = end;
	p->at = p->bad ? end : behind;
	return to;
}

/* An atom, and how often: which may be said more than once. */
static places piece(struct pattern *p, places from)
{
	const char *start = p->at;
	places to = atom(p, from);
	unsigned least, most;

	for (;;) {
		const char *behind = p->at;
		int often = repetition(p, &least, &most);
		const char *next = p->at;

		if (!often || p->bad)
			return to;
		p->at = behind;
		to = repeated(p, start, from, least, most);
		if (!p->bad)
			p->at = next;
	}
}

static places branch(struct pattern *p, places from)
{
	/* A bracket that nothing has opened is a character. */
	while (p->at < p->end && *p->at != '|' && !(*p->at == ')' && p->depth))
		from = piece(p, from);
	return from;
}

static places alternatives(struct pattern *p, places from)
{
	places to = branch(p, from);

	while (takes(p, '|'))
		to |= branch(p, from);
	return to;
}

int pattern_matches(const char *pattern, size_t length, const char *name)
{
	struct pattern p = {.at = pattern, .end = pattern + length, .name = name};
	places to;

	while (name[p.length] && p.length < PATTERN_NAME_MAX)
		p.length++;
	to = alternatives(&p, ~0ULL >> (PATTERN_NAME_MAX - p.length));
	return p.bad ? -1 : !!to;
}
