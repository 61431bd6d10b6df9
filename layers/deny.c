// SPDX-License-Identifier: BSD-2-Clause
/* The layer that denies: what a policy says of a call is done, and the rest is as fast as native. */
#include <asm/signal.h>
#include "deny.h"
#include "set.h"
#include "words.h"

static int holds(const struct condition *c, const struct syslayer_call *call)
{
	unsigned long a = (unsigned long)call->argument[c->argument] & c->mask;

	switch (c->operator) {
	case EQUAL:
		return a == c->value;
	case NOT_EQUAL:
		return a != c->value;
	case LESS:
		return a < c->value;
	case LESS_EQUAL:
		return a <= c->value;
	case GREATER:
		return a > c->value;
	case GREATER_EQUAL:
		return a >= c->value;
	case ANY_BIT:
		return a != 0;
	}
	return 0;
}

static const struct rule *rule_for(const struct syslayer_call *c)
{
	for (const struct rule *r = deny_rules;; r++) {
		unsigned i = 0;

		if (!r->set[c->number])
			continue;
		while (i < r->condition_count && holds(&r->conditions[i], c))
			i++;
		if (i == r->condition_count)
			return r;
	}
}

/* As a seccomp filter does: SIGSYS, which nobody catches. */
static void kill(const struct syslayer_call *c)
{
	const unsigned long dfl[4] = {0}, mask = 1UL << (SIGSYS - 1);
	char line[128];
	struct syslayer_text t;

	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, "syslayer: deny: ");
	syslayer_puts(&t, *set_name(c->number) ? set_name(c->number) : "a call without a name");
	syslayer_puts(&t, " is against the policy\n");
	syslayer_write(2, line, (size_t)(t.at - line));
	syslayer_sys(__NR_rt_sigaction, SIGSYS, dfl, 0, 8);
	syslayer_sys(__NR_rt_sigprocmask, SIG_UNBLOCK, &mask, 0, 8);
	syslayer_sys(__NR_tgkill, syslayer_sys(__NR_getpid), syslayer_sys(__NR_gettid), SIGSYS);
	/* Process 1 of a PID namespace. */
	for (;;)
		syslayer_sys(__NR_exit_group, 128 + SIGSYS);
}

static void deny(struct syslayer_call *c)
{
	const struct rule *r = rule_for(c);

	if (r->action == KILL)
		kill(c);
	if (r->action == ERRNO)
		syslayer_answer(c, -(long)r->error);
}
SYSLAYER_HANDLE_SELECTED(deny);

/* Whether no call of this number is ever denied. */
static int is_free(unsigned number)
{
	for (const struct rule *r = deny_rules;; r++) {
		if (!r->set[number])
			continue;
		if (r->action != ALLOW)
			return 0;
		if (!r->condition_count)
			return 1;
	}
}

static void start(const struct syslayer_start *s)
{
	const char *path = syslayer_getenv(s, "SYSLAYER_POLICY");

	/* Rather no program than one without the policy that somebody counts on. */
	if (!path || !*path)
		word_stop("deny", NULL, (struct word){0},
		          s->secure ? "the environment does not count" : "SYSLAYER_POLICY is not set");
	deny_read_policy(path);
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		syslayer_selected[i] = !is_free(i);
}
SYSLAYER_START(start);

SYSLAYER_LAYER("deny");
