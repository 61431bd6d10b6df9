// SPDX-License-Identifier: BSD-2-Clause
/* Reads a policy: a rule a line. */
#include <linux/fcntl.h>
#include "deny.h"
#include "set.h"
#include "words.h"

struct rule deny_rules[RULES + 1];
unsigned deny_rule_count;

static SYSLAYER_LARGE char text[65536];

/* Where it is being read, for messages. */
struct reader {
	const char *path;
	unsigned line;
	struct rule fallback;
	int has_fallback;
};

static __attribute__((noreturn)) void wrong(const struct reader *r, struct word w, const char *what)
{
	char where[4200];
	struct syslayer_text t;

	syslayer_text_init(&t, where, sizeof where - 1);
	syslayer_puts(&t, r->path);
	if (r->line) {
		syslayer_puts(&t, ":");
		syslayer_putn(&t, r->line, 0);
	}
	*t.at = 0;
	word_stop("deny", where, w, what);
}

static void read_action(const struct reader *r, struct rule *rule, struct word w, const char **at,
                        const char *end)
{
	if (word_is(w, "allow")) {
		rule->action = ALLOW;
	} else if (word_is(w, "kill")) {
		rule->action = KILL;
	} else if (word_is(w, "errno")) {
		rule->action = ERRNO;
		w = word_next(at, end, " \t");
		rule->error = set_error_number(w.at, w.length);
		if (!rule->error)
			wrong(r, w, "no such error");
	} else {
		wrong(r, w, "not allow, errno, kill or default");
	}
}

static unsigned long read_number(const struct reader *r, struct word w)
{
	unsigned long n;
	int negative = word_begins(&w, "-");

	if (!set_number(w.at, w.length, &n))
		wrong(r, w, "not a number");
	return negative ? -n : n;
}

static void read_condition(const struct reader *r, struct rule *rule, const char **at, const char *end)
{
	static const char operators[][3] = {"==", "!=", "<", "<=", ">", ">="};
	struct condition *c = &rule->conditions[rule->condition_count];
	struct word w = word_next(at, end, " \t");
	const char *next;

	if (rule->condition_count++ == CONDITIONS)
		wrong(r, w, "too many conditions");
	if (w.length != 2 || w.at[0] != 'a' || w.at[1] < '0' || w.at[1] > '5')
		wrong(r, w, "not an argument, a0 to a5");
	c->argument = (unsigned char)(w.at[1] - '0');
	c->mask = ~0UL;
	w = word_next(at, end, " \t");
	if (word_is(w, "&")) {
		c->mask = read_number(r, word_next(at, end, " \t"));
		c->operator= ANY_BIT;
		next = *at;
		w = word_next(&next, end, " \t");
		if (!w.length || word_is(w, "and"))
			return;
		*at = next;
	}
	for (unsigned i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!word_is(w, operators[i]))
			continue;
		c->operator= EQUAL + i;
		c->value = read_number(r, word_next(at, end, " \t"));
		return;
	}
	wrong(r, w, "not a comparison");
}

static void read_line(struct reader *r, const char *at, const char *end)
{
	struct rule *rule = &deny_rules[deny_rule_count];
	struct word w = word_next(&at, end, " \t"), bad = {0};
	int is_default = word_is(w, "default");

	if (!w.length)
		return;
	if (is_default) {
		if (r->has_fallback)
			wrong(r, w, "there is one already");
		r->has_fallback = 1;
		rule = &r->fallback;
		w = word_next(&at, end, " \t");
	} else if (deny_rule_count == RULES) {
		wrong(r, w, "too many rules");
	}
	rule->condition_count = 0;
	read_action(r, rule, w, &at, end);
	w = word_next(&at, end, " \t");
	if (!is_default) {
		deny_rule_count++;
		if (!w.length)
			wrong(r, w, "no calls are named");
		if (set_parse(rule->set, w.at, w.length, &bad.at, &bad.length))
			wrong(r, bad, "no such call or set of calls");
		w = word_next(&at, end, " \t");
		if (word_is(w, "if")) {
			do {
				read_condition(r, rule, &at, end);
				w = word_next(&at, end, " \t");
			} while (word_is(w, "and"));
		}
	}
	if (w.length)
		wrong(r, w, "not expected here");
}

void deny_read_policy(const char *path)
{
	static struct reader r;
	const char *message, *at = text, *end;
	long n = 0, got, fd = syslayer_open(path, O_RDONLY);

	r.path = path;
	if (fd < 0) {
		set_error((unsigned)-fd, &message);
		wrong(&r, (struct word){0}, message);
	}
	while (n < (long)sizeof text &&
	       (got = syslayer_sys(__NR_read, fd, text + n, sizeof text - (size_t)n)) != 0) {
		if (got < 0) {
			set_error((unsigned)-got, &message);
			wrong(&r, (struct word){0}, message);
		}
		n += got;
	}
	syslayer_sys(__NR_close, fd);
	if (n == sizeof text)
		wrong(&r, (struct word){0}, "larger than 64 KiB");
	for (end = text + n; at < end; at++) {
		const char *line = at, *stop;

		r.line++;
		while (at < end && *at != '\n')
			at++;
		for (stop = line; stop < at && *stop != '#'; stop++)
			if (!*stop)
				wrong(&r, (struct word){0}, "not a text");
		read_line(&r, line, stop);
	}
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		r.fallback.set[i] = 1;
	deny_rules[deny_rule_count++] = r.fallback;
}
