// SPDX-License-Identifier: BSD-2-Clause
/* What is mapped at an address: by /proc/self/maps. */
#include <linux/fcntl.h>
#include "dispatch.h"

static const char *hexadecimal(const char *s, unsigned long *n)
{
	*n = 0;
	for (;; s++) {
		unsigned digit;

		if (*s >= '0' && *s <= '9')
			digit = (unsigned)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			digit = (unsigned)(*s - 'a') + 10;
		else
			return s;
		*n = *n << 4 | digit;
	}
}

/* "7f...000-7f...000 r-xp 00001000 fd:01 1234   /lib/libc.so.6"; the inode's digits are as good as any. */
static void parse(const char *s, struct mapping *m)
{
	unsigned n = 0;

	s = hexadecimal(s, &m->start);
	s = hexadecimal(s + (*s == '-'), &m->end);
	s += *s == ' ' ? 6 : 0;
	s = hexadecimal(s, &m->offset);
	s = hexadecimal(s + (*s == ' '), &m->major);
	s = hexadecimal(s + (*s == ':'), &m->minor);
	s = hexadecimal(s + (*s == ' '), &m->inode);
	while (*s == ' ')
		s++;
	while (s[n] && n < sizeof m->name - 1)
		n++;
	memcpy(m->name, s, n);
	m->name[n] = 0;
}

static int same_file(const struct mapping *a, const struct mapping *b)
{
	return a->inode && a->inode == b->inode && a->major == b->major && a->minor == b->minor;
}

/* A line more, without what does not fit. Returns 0 at the end. */
struct lines {
	long fd, n, at;
	char buffer[1024];
};

static int next_line(struct lines *l, char *line, unsigned size)
{
	unsigned length = 0;

	for (;;) {
		if (l->at == l->n) {
			l->n = syslayer_sys(__NR_read, l->fd, l->buffer, sizeof l->buffer);
			l->at = 0;
			if (l->n <= 0) {
				l->n = 0;
				return 0;
			}
		}
		if (l->buffer[l->at] == '\n') {
			l->at++;
			line[length] = 0;
			return 1;
		}
		if (length < size - 1)
			line[length++] = l->buffer[l->at];
		l->at++;
	}
}

int syslayer_mapping(unsigned long address, struct mapping *m)
{
	char line[sizeof m->name + 96];
	struct mapping first = {0};
	struct lines l = {0};
	int found = 0;

	l.fd = syslayer_sys(__NR_open, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	if (l.fd < 0)
		return 0;
	while (!found && next_line(&l, line, sizeof line)) {
		parse(line, m);
		if (!m->offset && !same_file(m, &first))
			first = *m;
		found = address - m->start < m->end - m->start;
		m->file = same_file(m, &first) ? first.start : 0;
	}
	syslayer_sys(__NR_close, l.fd);
	return found;
}
