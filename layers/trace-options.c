// SPDX-License-Identifier: BSD-2-Clause
/* SYSLAYER_TRACE: words as one would give them to strace(1). */
#include "output.h"
#include "set.h"
#include "trace-options.h"

struct trace_options trace_options;

static __attribute__((noreturn)) void stop(const char *what, const char *word, size_t length)
{
	char line[512];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line - 1);
	syslayer_puts(&t, "syslayer: trace: SYSLAYER_TRACE: ");
	syslayer_put(&t, word, length);
	syslayer_puts(&t, ": ");
	syslayer_puts(&t, what);
	t.end++;
	syslayer_puts(&t, "\n");
	syslayer_write(2, line, (size_t)(t.at - line));
	for (;;)
		syslayer_sys(__NR_exit_group, 127);
}

/* The next word, or the rest of this one. */
static const char *value(const char **at, size_t *length)
{
	const char *s = *at, *word;

	while (*s == ' ')
		s++;
	word = s;
	while (*s && *s != ' ')
		s++;
	*length = (size_t)(s - word);
	*at = s;
	if (!*length)
		stop("an option has no value", word, 0);
	return word;
}

static void select_calls(const char *word, size_t length)
{
	static const char prefix[] = "trace=";
	const char *bad;
	size_t bad_length, i = 0;

	while (i < length && prefix[i] == word[i])
		i++;
	if (!prefix[i])
		word += i, length -= i;
	if (set_parse(trace_options.set, word, length, &bad, &bad_length))
		stop("no such call or set of calls", bad, bad_length);
}

static void output(const char *word, size_t length)
{
	char path[4096];
	struct syslayer_text t;
	const char *message;
	long r;

	syslayer_text_init(&t, path, sizeof path - 1);
	syslayer_put(&t, word, length);
	*t.at = 0;
	r = output_open(path);
	if (r < 0) {
		set_error((unsigned)-r, &message);
		stop(message, word, length);
	}
}

static void read_words(const char *s)
{
	unsigned long number;
	size_t length;
	const char *word;

	for (;;) {
		while (*s == ' ')
			s++;
		if (!*s)
			return;
		word = s;
		if (*s++ != '-')
			stop("an option begins with -", word, syslayer_length(word));
		switch (*s) {
		case 'o':
			s++;
			word = value(&s, &length);
			output(word, length);
			break;
		case 'e':
			s++;
			word = value(&s, &length);
			select_calls(word, length);
			break;
		case 's':
			s++;
			word = value(&s, &length);
			if (!set_number(word, length, &number) || number > 4096)
				stop("not a number up to 4096", word, length);
			trace_options.size = (unsigned)number;
			break;
		default:
			for (; *s && *s != ' '; s++) {
				if (*s == 'r')
					trace_options.relative = 1;
				else if (*s == 't')
					trace_options.stamp += trace_options.stamp < 3;
				else if (*s == 'T')
					trace_options.duration = 1;
				else if (*s == 'j')
					trace_options.json = 1;
				else if (*s != 'f')
					stop("no such option", s, 1);
			}
		}
	}
}

void trace_options_read(const struct syslayer_start *start)
{
	const char *options = syslayer_getenv(start, "SYSLAYER_TRACE");
	const char *file = syslayer_getenv(start, "SYSLAYER_OUTPUT");
	const char *format = syslayer_getenv(start, "SYSLAYER_FORMAT");

	trace_options.size = 32;
	output_keep_error();
	select_calls("all", 3);
	if (file && *file)
		output(file, syslayer_length(file));
	trace_options.json = format && syslayer_equal(format, "json");
	if (options)
		read_words(options);
}
