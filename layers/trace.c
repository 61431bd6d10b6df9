// SPDX-License-Identifier: BSD-2-Clause
/* The layer that traces: a line a call, as strace(1) writes it. */
#include "output.h"
#include "set.h"
#include "trace-options.h"
#include "trace-thread.h"
#include "trace.h"

#define CLASS(letter) 0
#define CALL_KINDS
#include "calls.h"

#define LINE 12288
#define SHORT 1024
#define COLUMN 40 /* of the result */

static unsigned long clock(int which)
{
	long t[2] = {0};

	syslayer_sys(__NR_clock_gettime, which, t);
	return (unsigned long)t[0] * 1000000000 + (unsigned long)t[1];
}

static void put_padded(struct syslayer_text *t, unsigned long n, unsigned width)
{
	for (unsigned long limit = 10; width > 1; width--, limit *= 10)
		if (n < limit) {
			for (unsigned zeros = width - 1; zeros; zeros--)
				syslayer_puts(t, "0");
			break;
		}
	syslayer_putn(t, n, 0);
}

static void put_seconds(struct syslayer_text *t, unsigned long ns, unsigned width)
{
	syslayer_putn(t, ns / 1000000000, width);
	syslayer_puts(t, ".");
	put_padded(t, ns / 1000 % 1000000, 6);
}

/* pid and time. start is when the call began. */
static void put_prefix(struct syslayer_text *t, unsigned long start)
{
	static unsigned long last;
	const char *begin = t->at;

	syslayer_putn(t, trace_thread(), 0);
	do
		syslayer_puts(t, " ");
	while (t->at - begin < 6);
	if (trace_options.relative) {
		unsigned long before = __atomic_exchange_n(&last, start, __ATOMIC_RELAXED);

		put_seconds(t, before && start > before ? start - before : 0, 6);
		syslayer_puts(t, " ");
	} else if (trace_options.stamp == 3) {
		put_seconds(t, start, 0);
		syslayer_puts(t, " ");
	} else if (trace_options.stamp) {
		unsigned long s = start / 1000000000;

		put_padded(t, s / 3600 % 24, 2);
		syslayer_puts(t, ":");
		put_padded(t, s / 60 % 60, 2);
		syslayer_puts(t, ":");
		put_padded(t, s % 60, 2);
		if (trace_options.stamp == 2) {
			syslayer_puts(t, ".");
			put_padded(t, start / 1000 % 1000000, 6);
		}
		syslayer_puts(t, " ");
	}
}

static void put_name(struct syslayer_text *t, unsigned long number)
{
	const char *name = set_name(number);

	syslayer_puts(t, name);
	if (*name)
		return;
	syslayer_puts(t, "syscall_");
	syslayer_putx(t, number);
}

/* By option; 0: all. PR_SET_PDEATHSIG is 1. */
static const unsigned char prctl_arguments[64] = {
    [1] = 2,  [2] = 2,  [3] = 1,  [4] = 2,  [7] = 1,  [8] = 2,  [15] = 2, [16] = 2, [21] = 1,
    [23] = 2, [24] = 2, [27] = 1, [28] = 2, [29] = 2, [30] = 1, [36] = 2, [37] = 2,
};

/* fcntl(2) and open(2) have arguments that are not always there: how many of n there are. */
static unsigned arguments_given(const struct syslayer_call *c, unsigned n)
{
	const long *a = c->argument;

	switch (c->number) {
	case __NR_open:
	case __NR_openat:
		/* O_CREAT, and __O_TMPFILE, ask for a mode. */
		return a[n - 2] & (0100 | 020000000) ? n : n - 1;
	case __NR_fcntl:
		return a[1] == 1 || a[1] == 3 || a[1] == 9 || a[1] == 11 || a[1] == 1025 || a[1] == 1032 ||
		               a[1] == 1034
		           ? 2
		           : n;
	case __NR_mremap:
		return a[3] & 2 ? n : 4;
	case __NR_prctl:
		return (unsigned long)a[0] < sizeof prctl_arguments && prctl_arguments[a[0]]
		           ? prctl_arguments[a[0]]
		           : n;
	case __NR_mknod:
	case __NR_mknodat:
		switch ((unsigned)a[n - 2] & 0170000) {
		case 0020000:
		case 0060000:
			return n;
		}
		return n - 1;
	}
	return n;
}

static unsigned arguments(const struct syslayer_call *c, const unsigned char *kinds)
{
	unsigned n = 0;

	while (n < 6 && kinds[n] != K_NONE)
		n++;
	return arguments_given(c, n);
}

static const unsigned char *kinds_of(const struct syslayer_call *c)
{
	static const unsigned char unknown[] = {K_X, K_X, K_X, K_X, K_X, K_X, K_D};

	if (c->number == __NR_futex)
		return trace_futex_kinds((unsigned long)c->argument[1]);
	return c->number < CALL_NAMES ? call_kinds[c->number] : unknown;
}

static void put_argument(struct syslayer_text *t, const struct syslayer_call *c, unsigned i, int done)
{
	const struct trace_argument a = {
	    .to = t,
	    .call = c,
	    .at = i,
	    .value = c->argument[i],
	    .done = done,
	    .size = trace_options.size,
	};

	trace_put(&a, kinds_of(c)[i]);
}

/* It has been made, and has not failed. */
static int is_done(const struct syslayer_call *c, const char *result)
{
	return !result && (unsigned long)c->result < -4095UL;
}

/* clone(2) has its arguments in an order of its own. */
static void put_clone(struct syslayer_text *t, const struct syslayer_call *c, int done)
{
	const long *a = c->argument;
	unsigned long flags = (unsigned)a[0] & ~0xffU;

	syslayer_puts(t, "child_stack=");
	trace_pointer(t, (unsigned long)a[1]);
	syslayer_puts(t, ", flags=");
	if (flags)
		trace_flags(t, K_F_CLONE, flags);
	if (a[0] & 0xff) {
		syslayer_puts(t, flags ? "|" : "");
		trace_value(t, K_V_SIGNAL, a[0] & 0xff);
	} else if (!flags) {
		syslayer_puts(t, "0");
	}
	if (flags & 0x101000) { /* CLONE_PARENT_SETTID, CLONE_PIDFD */
		syslayer_puts(t, ", parent_tid=");
		/* A thread that has ended has cleared what the kernel has put there. */
		if (done && flags & 0x100000)
			trace_only(t, c->result);
		else if (!done || !trace_pointed(t, (unsigned long)a[2]))
			trace_pointer(t, (unsigned long)a[2]);
	}
	if (flags & 0x80000) { /* CLONE_SETTLS */
		syslayer_puts(t, ", tls=");
		trace_pointer(t, (unsigned long)a[4]);
	}
	if (flags & 0x1200000) { /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
		syslayer_puts(t, ", child_tidptr=");
		trace_pointer(t, (unsigned long)a[3]);
	}
}

static void put_ready(struct syslayer_text *t, const struct syslayer_call *c)
{
	struct {
		int fd;
		short events, revents;
	} p;
	const char *between = " ([";

	for (long i = 0; i < c->argument[1]; i++) {
		if (syslayer_peek(&p, (const char *)c->argument[0] + i * 8, sizeof p) != sizeof p ||
		    !p.revents)
			continue;
		syslayer_puts(t, between);
		between = ", ";
		syslayer_puts(t, "{fd=");
		trace_puti(t, p.fd);
		syslayer_puts(t, ", revents=");
		trace_flags(t, K_F_POLL, (unsigned short)p.revents);
		syslayer_puts(t, "}");
	}
	syslayer_puts(t, "])");
}

static void put_result(struct syslayer_text *t, const struct syslayer_call *c)
{
	enum kind kind = kinds_of(c)[6];
	long r = c->result;

	if ((unsigned long)r >= -4095UL) {
		const char *message, *name = set_error((unsigned)-r, &message);

		syslayer_puts(t, "-1 ");
		if (*name) {
			syslayer_puts(t, name);
			syslayer_puts(t, " (");
			syslayer_puts(t, message);
			syslayer_puts(t, ")");
		} else {
			syslayer_puts(t, "(errno ");
			trace_puti(t, -r);
			syslayer_puts(t, ")");
		}
		return;
	}
	if (c->number == __NR_fcntl && (c->argument[1] == 1 || c->argument[1] == 3) &&
	    (r || c->argument[1] == 3)) {
		struct trace_argument a = {.to = t, .call = c, .value = r};

		if (r)
			syslayer_putx(t, (unsigned long)r);
		else
			syslayer_puts(t, "0");
		syslayer_puts(t, " (flags ");
		if (c->argument[1] == 1)
			syslayer_puts(t, "FD_CLOEXEC");
		else
			trace_put(&a, K_F_OPEN);
		syslayer_puts(t, ")");
		return;
	}
	if (kind == K_O)
		trace_mode(t, (unsigned)r);
	else if (kind == K_X)
		syslayer_putx(t, (unsigned long)r);
	else
		trace_puti(t, r);
	if (c->number == __NR_poll || c->number == __NR_ppoll) {
		if (r)
			put_ready(t, c);
		else
			syslayer_puts(t, " (Timeout)");
	} else if ((c->number == __NR_select || c->number == __NR_pselect6) && !r) {
		syslayer_puts(t, " (Timeout)");
	}
}

static void put_json(struct syslayer_text *t, const struct syslayer_call *c, const char *result)
{
	const unsigned char *kinds = kinds_of(c);
	unsigned n = arguments(c, kinds);
	const char *message;

	syslayer_puts(t, "{\"pid\":");
	syslayer_putn(t, trace_thread(), 0);
	if (c->keep[0]) {
		syslayer_puts(t, ",\"time\":");
		put_seconds(t, c->keep[0], 0);
	}
	syslayer_puts(t, ",\"call\":\"");
	put_name(t, c->number);
	syslayer_puts(t, "\",\"args\":[");
	for (unsigned i = 0; i < n; i++) {
		char one[8192];
		struct syslayer_text text;

		if (kinds[i] == K_SKIP)
			continue;
		syslayer_text_init(&text, one, sizeof one - 1);
		put_argument(&text, c, i, is_done(c, result));
		*text.at = 0;
		syslayer_puts(t, i ? "," : "");
		syslayer_put_json(t, one);
	}
	syslayer_puts(t, "]");
	if (!result) {
		syslayer_puts(t, ",\"result\":");
		trace_puti(t, c->result);
		if ((unsigned long)c->result >= -4095UL) {
			syslayer_puts(t, ",\"error\":\"");
			syslayer_puts(t, set_error((unsigned)-c->result, &message));
			syslayer_puts(t, "\"");
		}
	}
	if (c->outside) {
		syslayer_puts(t, ",\"outside\":\"");
		syslayer_putx(t, c->site - 2);
		syslayer_puts(t, "\"");
	}
	syslayer_puts(t, "}\n");
}

/* result: what stands for it when it is not known. */
static void put_line(struct syslayer_text *t, const struct syslayer_call *c, const char *result)
{
	const unsigned char *kinds = kinds_of(c);
	unsigned n = arguments(c, kinds);
	int done = is_done(c, result);

	put_prefix(t, c->keep[0]);
	put_name(t, c->number);
	syslayer_puts(t, "(");
	if (c->number == __NR_clone)
		put_clone(t, c, done);
	else
		for (unsigned i = 0; i < n; i++) {
			if (kinds[i] == K_SKIP)
				continue;
			if (i)
				syslayer_puts(t, ", ");
			put_argument(t, c, i, done);
		}
	/* Whatever came before, the end of the line has its place. */
	if (t->end - t->at < 256)
		t->at = t->end - 256;
	syslayer_puts(t, ") ");
	if (t->at - t->start < COLUMN)
		syslayer_put(t, "                                        ",
		             (size_t)(COLUMN - (t->at - t->start)));
	syslayer_puts(t, "= ");
	if (result)
		syslayer_puts(t, result);
	else
		put_result(t, c);
	if (trace_options.duration && !result) {
		syslayer_puts(t, " <");
		put_seconds(t, clock(1) - c->keep[1], 0);
		syslayer_puts(t, ">");
	}
	if (c->outside) {
		syslayer_puts(t, " (outside, at ");
		syslayer_putx(t, c->site - 2);
		syslayer_puts(t, ")");
	}
	syslayer_puts(t, "\n");
}

/* Whether all of it was there. */
static int print_in(char *line, size_t size, const struct syslayer_call *c, const char *result)
{
	struct syslayer_text t;

	syslayer_text_init(&t, line, size);
	(trace_options.json ? put_json : put_line)(&t, c, result);
	if (size < LINE && t.end - t.at < 300)
		return 0;
	output_write(line, (size_t)(t.at - line));
	return 1;
}

static __attribute__((noinline)) void print_long(const struct syslayer_call *c, const char *result)
{
	char line[LINE];

	print_in(line, sizeof line, c, result);
}

static __attribute__((noinline)) int print_short(const struct syslayer_call *c, const char *result)
{
	char line[SHORT];

	return print_in(line, sizeof line, c, result);
}

/* A line that is short uses little of the stack, whose pages are the process's own. */
static void print(const struct syslayer_call *c, const char *result)
{
	/* Which of the two has the time since the last line, only the first to ask knows. */
	if (trace_options.relative || !print_short(c, result))
		print_long(c, result);
}

static void after(struct syslayer_call *c)
{
	/* The child's copy of a fork(2). */
	if (!c->result && (c->number == __NR_fork || c->number == __NR_clone || c->number == __NR_clone3 ||
	                   c->number == __NR_vfork))
		return;
	print(c, NULL);
}

/* After which there is no line. */
static int kills_itself(const struct syslayer_call *c)
{
	const long *a = c->argument;

	return ((c->number == __NR_kill && a[1] == 9) || (c->number == __NR_tgkill && a[2] == 9)) &&
	       (int)a[0] == syslayer_sys(__NR_getpid);
}

static void trace_selected(struct syslayer_call *c)
{
	if (trace_options.relative || trace_options.stamp || trace_options.json)
		c->keep[0] = clock(trace_options.relative ? 1 : 0);
	if (trace_options.duration)
		c->keep[1] = clock(1);
	if (c->number == __NR_exit || c->number == __NR_exit_group || kills_itself(c)) {
		print(c, "?");
	} else if (syslayer_is_told(c)) {
		c->after = after;
		if ((c->number == __NR_execve || c->number == __NR_execveat) && syslayer_exec_would_do(c))
			print(c, "0");
	} else if (c->number == __NR_clone && !(c->argument[0] & 0x100) &&
	           !c->argument[1]) { /* CLONE_VM; stack */
		syslayer_answer(c, syslayer_make(c));
		after(c);
	} else {
		print(c, "?");
	}
}

static void trace(struct syslayer_call *c)
{
	if (trace_options.set[c->number])
		trace_selected(c);
	trace_thread_changes(c);
}
SYSLAYER_HANDLE_SELECTED(trace);

/* What tells threads apart must be known of, whether it is traced or not. */
SYSLAYER_HANDLE(clone, trace);
SYSLAYER_HANDLE(clone3, trace);
SYSLAYER_HANDLE(vfork, trace);
SYSLAYER_HANDLE(exit, trace);
SYSLAYER_HANDLE(exit_group, trace);
SYSLAYER_HANDLE(execve, trace);
SYSLAYER_HANDLE(execveat, trace);
SYSLAYER_HANDLE(arch_prctl, trace);

/* Always, for the sake of the output. */
static void guard(struct syslayer_call *c)
{
	output_guard(c);
	trace(c);
	if (c->answered && c->after)
		c->after(c);
}
OUTPUT_GUARDED(guard);

static void end(const struct syslayer_end *e)
{
	char line[128];
	struct syslayer_text t;

	/* An exec has its line already; that of a child of vfork(2) is no end. */
	if (e->why == SYSLAYER_EXEC || trace_options.json)
		return;
	syslayer_text_init(&t, line, sizeof line);
	put_prefix(&t,
	           trace_options.relative || trace_options.stamp ? clock(trace_options.relative ? 1 : 0) : 0);
	syslayer_puts(&t, e->why == SYSLAYER_EXIT ? "+++ exited with " : "+++ killed by ");
	if (e->why == SYSLAYER_EXIT)
		trace_puti(&t, e->status & 0xff);
	else
		trace_value(&t, K_V_SIGNAL, (unsigned)e->status);
	syslayer_puts(&t, " +++\n");
	output_write(line, (size_t)(t.at - line));
}
SYSLAYER_END(end);

static void start(const struct syslayer_start *s)
{
	trace_options_read(s);
	trace_thread_start(s);
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++)
		syslayer_selected[i] = trace_options.set[i];
}
SYSLAYER_START(start);

SYSLAYER_LAYER("trace");
