// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer's table: as text, like that of `strace -c`, or as JSON; and where it goes. */
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/prctl.h>
#include "count.h"
#include "output.h"

#include "names.h"

/* One line of the table, taken when the report starts: the counters go on. */
struct row {
	uint64_t calls, errors, outside, time;
	unsigned number;
};
#define TOTAL 0xffff

/* Not on the stack: it is the program's, and may be small. The library calls the end hook in one thread at a
 * time. */
static SYSLAYER_LARGE struct row rows[SYSLAYER_SLOT_COUNT];
static SYSLAYER_LARGE unsigned row_count;
static SYSLAYER_LARGE char buffer[65536]; /* 512 rows of JSON take 46 KiB at most */
static SYSLAYER_LARGE char path[PATH_MAX + 64];

static uint64_t sum(const uint64_t *alone, const uint64_t *shared)
{
	return __atomic_load_n(alone, __ATOMIC_RELAXED) + __atomic_load_n(shared, __ATOMIC_RELAXED);
}

/* Of the numbers that were called. */
static void take_rows(void)
{
	row_count = 0;
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++) {
		const struct count_row *a = &count_alone[i], *s = &count_shared[i];
		uint64_t calls = sum(&a->calls, &s->calls);

		if (calls)
			rows[row_count++] = (struct row){
			    calls,
			    sum(&a->errors, &s->errors),
			    syslayer_calls_outside(i),
			    count_nanoseconds(sum(&a->ticks, &s->ticks)),
			    i,
			};
	}
}

static int comes_before(const struct row *a, const struct row *b)
{
	return count_has_time && a->time != b->time ? a->time > b->time : a->calls > b->calls;
}

/* The greatest first. */
static void sort_rows(struct row *total)
{
	*total = (struct row){.number = TOTAL};
	for (unsigned i = 0; i < row_count; i++) {
		struct row r = rows[i];
		unsigned at = i;

		total->calls += r.calls;
		total->errors += r.errors;
		total->outside += r.outside;
		total->time += r.time;
		for (; at && comes_before(&r, &rows[at - 1]); at--)
			rows[at] = rows[at - 1];
		rows[at] = r;
	}
}

static void put_name(struct syslayer_text *t, const struct row *r)
{
	const char *name = "";

	if (r->number == TOTAL)
		name = "total";
	else if (r->number < sizeof name_at / sizeof *name_at)
		name = names + name_at[r->number];
	syslayer_puts(t, name);
	if (*name)
		return;
	syslayer_puts(t, "syscall_");
	syslayer_putn(t, r->number, 0);
}

/* With a point before the last `places` digits. */
static void put_fraction(struct syslayer_text *t, uint64_t n, uint64_t unit, unsigned width)
{
	syslayer_putn(t, n / unit, width);
	syslayer_puts(t, ".");
	for (n %= unit, unit /= 10; unit; unit /= 10)
		syslayer_put(t, &"0123456789"[n / unit % 10], 1);
}

static void put_line(struct syslayer_text *t, const struct row *r, const struct row *total)
{
	if (count_has_time) {
		put_fraction(t, total->time ? r->time * 10000 / total->time : 0, 100, 3);
		put_fraction(t, r->time, 1000000000, 4);
		syslayer_putn(t, r->calls ? r->time / r->calls / 1000 : 0, 12);
		syslayer_puts(t, " ");
	}
	syslayer_putn(t, r->calls, 9);
	/* A number in the third column has one before it: add_line() tells them by their order. */
	if (r->errors || r->outside)
		syslayer_putn(t, r->errors, 10);
	else
		syslayer_puts(t, "          ");
	if (r->outside)
		syslayer_putn(t, r->outside, 10);
	else if (syslayer_is_exhaustive())
		syslayer_puts(t, "          ");
	syslayer_puts(t, " ");
	put_name(t, r);
	syslayer_puts(t, "\n");
}

static void put_rule(struct syslayer_text *t)
{
	if (count_has_time)
		syslayer_puts(t, "------ ------------- ----------- ");
	syslayer_puts(t, "--------- --------- ");
	if (syslayer_is_exhaustive())
		syslayer_puts(t, "--------- ");
	syslayer_puts(t, "----------------\n");
}

static void put_table(struct syslayer_text *t, const struct row *total)
{
	if (count_has_time)
		syslayer_puts(t, "% time       seconds  usecs/call ");
	syslayer_puts(t, "    calls    errors ");
	syslayer_puts(t, syslayer_is_exhaustive() ? "  outside syscall\n" : "syscall\n");
	put_rule(t);
	for (unsigned i = 0; i < row_count; i++)
		put_line(t, &rows[i], total);
	put_rule(t);
	put_line(t, total, total);
}

static void put_process(struct syslayer_text *t, long pid)
{
	syslayer_puts(t, "count: ");
	for (const char *s = count_settings.comm; *s; s++)
		syslayer_put(t, (unsigned char)*s < 0x20 || *s == 0x7f ? "?" : s, 1);
	syslayer_puts(t, "[");
	syslayer_putn(t, (uint64_t)pid, 0);
	syslayer_puts(t, "]\n");
}

static void put_object(struct syslayer_text *t, const struct row *r)
{
	syslayer_puts(t, "\"");
	put_name(t, r);
	syslayer_puts(t, "\":{\"calls\":");
	syslayer_putn(t, r->calls, 0);
	syslayer_puts(t, ",\"errors\":");
	syslayer_putn(t, r->errors, 0);
	if (syslayer_is_exhaustive()) {
		syslayer_puts(t, ",\"outside\":");
		syslayer_putn(t, r->outside, 0);
	}
	if (count_has_time) {
		syslayer_puts(t, ",\"ns\":");
		syslayer_putn(t, r->time, 0);
	}
	syslayer_puts(t, "}");
}

static void put_json(struct syslayer_text *t, long pid, const struct row *total)
{
	syslayer_puts(t, "{\"layer\":\"count\",\"pid\":");
	syslayer_putn(t, (uint64_t)pid, 0);
	syslayer_puts(t, ",\"comm\":");
	syslayer_put_json(t, count_settings.comm);
	syslayer_puts(t, ",\"calls\":{");
	for (unsigned i = 0; i < row_count; i++) {
		if (i)
			syslayer_puts(t, ",");
		put_object(t, &rows[i]);
	}
	syslayer_puts(t, "},");
	put_object(t, total);
	syslayer_puts(t, "}\n");
}

/* The path of SYSLAYER_OUTPUT; NULL if there is none. */
static const char *output_path(long pid)
{
	const char *s = count_settings.output;
	struct syslayer_text t;

	if (!s)
		return NULL;
	while (*s && !(s[0] == '%' && s[1] == 'p'))
		s++;
	if (!*s)
		return count_settings.output;
	syslayer_text_init(&t, path, sizeof path - 1);
	for (s = count_settings.output; *s; s++) {
		if (s[0] == '%' && s[1] == 'p') {
			syslayer_putn(&t, (uint64_t)pid, 0);
			s++;
		} else {
			syslayer_put(&t, s, 1);
		}
	}
	*t.at = 0;
	return t.at == t.end ? NULL : path;
}

void count_before_filter(void)
{
	const char *output = output_path(syslayer_sys(__NR_getpid));

	count_nanoseconds(1);
	if (output && !count_settings.sum && !output_descriptor)
		output_open(output);
}

/* To the file, or standard error: a report must not be lost for a directory that is gone. */
static void put_out(long pid, size_t length)
{
	const char *output = output_path(pid);
	long fd;

	if (!output || output_descriptor > 0) {
		output_write(buffer, length);
		return;
	}
	fd = syslayer_open(output, O_WRONLY | O_CREAT | O_APPEND);
	syslayer_write(fd < 0 ? 2 : (int)fd, buffer, length);
	if (fd >= 0)
		syslayer_sys(__NR_close, fd);
}

static uint64_t take_number(const char **at, const char *end)
{
	uint64_t n = 0;

	/* A point is left out: times are in nanoseconds. */
	for (; *at < end && ((**at >= '0' && **at <= '9') || **at == '.'); ++*at)
		if (**at != '.')
			n = n * 10 + (uint64_t)(**at - '0');
	return n;
}

/* By its name as it stands in a table; 0 if no number has it. */
static struct row *row_of(const char *name, size_t length)
{
	struct row r = {0};

	for (; r.number < SYSLAYER_SLOT_COUNT; r.number++) {
		char text[64];
		struct syslayer_text t;
		unsigned i = 0;

		syslayer_text_init(&t, text, sizeof text);
		put_name(&t, &r);
		if ((size_t)(t.at - text) != length || __builtin_memcmp(text, name, length) != 0)
			continue;
		while (i < row_count && rows[i].number != r.number)
			i++;
		if (i == row_count)
			rows[row_count++] = r;
		return &rows[i];
	}
	return NULL;
}

/* Adds a line of a table, as put_line() makes it. */
static void add_line(const char *at, const char *end)
{
	uint64_t number[6];
	unsigned n = 0, first = count_has_time ? 3 : 0;
	struct row *r;

	for (;; n++) {
		while (at < end && *at == ' ')
			at++;
		if (n == 6 || at == end || *at < '0' || *at > '9')
			break;
		number[n] = take_number(&at, end);
	}
	if (n <= first || !(r = row_of(at, (size_t)(end - at))))
		return;
	r->calls += number[first];
	r->errors += n > first + 1 ? number[first + 1] : 0;
	r->outside += n > first + 2 ? number[first + 2] : 0;
	r->time += count_has_time ? number[1] : 0;
}

/*
 * One table in the file, the sum over all processes that had it for their output: what is there is read,
 * and written again with what this one adds. The lock goes with the descriptor.
 */
static void sum_up(long pid)
{
	struct syslayer_text t;
	struct row total;
	uint64_t processes = 1;
	const char *at = buffer, *end, *output = output_path(pid);
	long fd = -1, n;

	if (output)
		fd = syslayer_open(output, O_RDWR | O_CREAT);
	if (fd >= 0)
		while (syslayer_sys(__NR_flock, fd, 2) == -EINTR) /* LOCK_EX */
			;
	n = fd < 0 ? 0 : syslayer_sys(__NR_pread64, fd, buffer, sizeof buffer, 0);
	for (end = buffer + (n > 0 ? n : 0); at < end; at++) {
		const char *line = at;

		while (at < end && *at != '\n')
			at++;
		if (line == buffer && at - line > 7) {
			line += 7; /* "count: " */
			processes += take_number(&line, at);
		} else {
			add_line(line, at);
		}
	}
	syslayer_text_init(&t, buffer, sizeof buffer);
	syslayer_puts(&t, "count: ");
	syslayer_putn(&t, processes, 0);
	syslayer_puts(&t, processes == 1 ? " process\n" : " processes\n");
	sort_rows(&total);
	put_table(&t, &total);
	if (fd < 0) {
		if (output)
			syslayer_write(2, buffer, (size_t)(t.at - buffer));
		else
			output_write(buffer, (size_t)(t.at - buffer));
		return;
	}
	/* Where a write makes a signal, as beyond a limit of size, the old table is left. */
	if (!syslayer_write((int)fd, buffer, (size_t)(t.at - buffer)))
		syslayer_sys(__NR_ftruncate, fd, t.at - buffer);
	syslayer_sys(__NR_close, fd);
}

void count_report(void)
{
	struct syslayer_text t;
	long pid = syslayer_sys(__NR_getpid);
	struct row total;

	take_rows();
	if (count_settings.sum) {
		sum_up(pid);
		return;
	}
	sort_rows(&total);
	syslayer_text_init(&t, buffer, sizeof buffer);
	if (!*count_settings.comm)
		syslayer_sys(__NR_prctl, PR_GET_NAME, count_settings.comm);
	if (count_settings.json) {
		put_json(&t, pid, &total);
	} else {
		put_process(&t, pid);
		put_table(&t, &total);
	}
	put_out(pid, (size_t)(t.at - buffer));
}
