// SPDX-License-Identifier: BSD-2-Clause
/* Words of a line or a list, and the end of a program whose settings are wrong. */
#include "words.h"

static int is_one_of(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set && *set == c;
}

struct word word_next(const char **at, const char *end, const char *between)
{
	struct word w;

	while (*at < end && is_one_of(**at, between))
		++*at;
	w.at = *at;
	while (*at < end && !is_one_of(**at, between))
		++*at;
	w.length = (size_t)(*at - w.at);
	return w;
}

int word_begins(struct word *w, const char *prefix)
{
	size_t n = syslayer_length(prefix);

	if (n > w->length)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (w->at[i] != prefix[i])
			return 0;
	w->at += n;
	w->length -= n;
	return 1;
}

int word_is(struct word w, const char *s)
{
	return w.length == syslayer_length(s) && word_begins(&w, s);
}

void word_stop(const char *layer, const char *where, struct word w, const char *what)
{
	char line[1024];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line - 1);
	syslayer_puts(&t, "syslayer: ");
	syslayer_puts(&t, layer);
	syslayer_puts(&t, ": ");
	if (where) {
		syslayer_puts(&t, where);
		syslayer_puts(&t, ": ");
	}
	if (w.length) {
		syslayer_put(&t, w.at, w.length > 256 ? 256 : w.length);
		syslayer_puts(&t, ": ");
	}
	syslayer_puts(&t, what);
	t.end++;
	syslayer_puts(&t, "\n");
	syslayer_write(2, line, (size_t)(t.at - line));
	for (;;)
		syslayer_sys(__NR_exit_group, 127);
}
