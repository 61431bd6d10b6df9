// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer's table: as text, like that of `strace -c`, or as JSON; and where it goes. */
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/time_types.h>
#include "count.h"

/* The names, from 0 on, in a row. */
static const char names[] =
#include "names.h"
    ;

/* One line of the table, taken when the report starts: the counters go on. */
struct row {
	uint64_t calls, errors;
	const char *name; /* or 0 */
	unsigned number;
};

/* Not on the stack: it is the program's, and may be small. All of it belongs to who has `reporting`. */
static struct row rows[SYSLAYER_SLOT_COUNT];
static char buffer[65536]; /* 512 rows of JSON take 46 KiB at most */
static char path[sizeof count_settings.output + 64];

static COUNT_WIPED int reporting; /* tid of the thread that is at it */
static COUNT_WIPED int finished;

static unsigned take_rows(struct row *total)
{
	const char *name = names;
	unsigned n = 0;

	/* One by one: an initialiser with a pointer would be data with a relocation. */
	total->calls = total->errors = 0;
	total->name = "total";
	for (unsigned i = 0; i < SYSLAYER_SLOT_COUNT; i++) {
		struct row r = {.calls = __atomic_load_n(&count_calls[i], __ATOMIC_RELAXED),
		                .errors = __atomic_load_n(&count_errors[i], __ATOMIC_RELAXED),
		                .name = name < names + sizeof names - 1 && *name ? name : NULL,
		                .number = i};
		unsigned at = n;

		if (name < names + sizeof names - 1)
			name += layer_length(name) + 1;
		if (!r.calls)
			continue;
		total->calls += r.calls;
		total->errors += r.errors;
		for (; at && rows[at - 1].calls < r.calls; at--)
			rows[at] = rows[at - 1];
		rows[at] = r;
		n++;
	}
	return n;
}

static void put_name(struct layer_text *t, const struct row *r)
{
	if (r->name) {
		layer_puts(t, r->name);
		return;
	}
	layer_puts(t, "syscall_");
	layer_putn(t, r->number, 0);
}

static void put_line(struct layer_text *t, const struct row *r)
{
	layer_putn(t, r->calls, 9);
	if (r->errors)
		layer_putn(t, r->errors, 10);
	else
		layer_puts(t, "          ");
	layer_puts(t, " ");
	put_name(t, r);
	layer_puts(t, "\n");
}

static void put_table(struct layer_text *t, long pid, unsigned n, const struct row *total)
{
	static const char rule[] = "--------- --------- ----------------\n";

	layer_puts(t, "count: ");
	for (const char *s = count_settings.comm; *s; s++)
		layer_put(t, (unsigned char)*s < 0x20 || *s == 0x7f ? "?" : s, 1);
	layer_puts(t, "[");
	layer_putn(t, (uint64_t)pid, 0);
	layer_puts(t, "]\n    calls    errors syscall\n");
	layer_puts(t, rule);
	for (unsigned i = 0; i < n; i++)
		put_line(t, &rows[i]);
	layer_puts(t, rule);
	put_line(t, total);
}

static void put_object(struct layer_text *t, const struct row *r)
{
	layer_puts(t, "\"");
	put_name(t, r);
	layer_puts(t, "\":{\"calls\":");
	layer_putn(t, r->calls, 0);
	layer_puts(t, ",\"errors\":");
	layer_putn(t, r->errors, 0);
	layer_puts(t, "}");
}

static void put_json(struct layer_text *t, long pid, unsigned n, const struct row *total)
{
	layer_puts(t, "{\"layer\":\"count\",\"pid\":");
	layer_putn(t, (uint64_t)pid, 0);
	layer_puts(t, ",\"comm\":");
	layer_put_json(t, count_settings.comm);
	layer_puts(t, ",\"calls\":{");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			layer_puts(t, ",");
		put_object(t, &rows[i]);
	}
	layer_puts(t, "},");
	put_object(t, total);
	layer_puts(t, "}\n");
}

/* SYSLAYER_OUTPUT opened, or standard error: a report must not be lost for a directory that is gone. */
static int open_output(long pid)
{
	struct layer_text t;
	long fd;

	layer_text_init(&t, path, sizeof path - 1);
	for (const char *s = count_settings.output; *s; s++) {
		if (s[0] == '%' && s[1] == 'p') {
			layer_putn(&t, (uint64_t)pid, 0);
			s++;
		} else {
			layer_put(&t, s, 1);
		}
	}
	*t.at = 0;
	if (t.at == path || t.at == t.end)
		return 2;
	fd = SYS(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	return fd < 0 ? 2 : (int)fd;
}

static void print(void)
{
	struct layer_text t;
	long pid = SYS(__NR_getpid);
	struct row total;
	unsigned n = take_rows(&total);
	int fd;

	layer_text_init(&t, buffer, sizeof buffer);
	if (!*count_settings.comm)
		SYS(__NR_prctl, PR_GET_NAME, count_settings.comm);
	(count_settings.json ? put_json : put_table)(&t, pid, n, &total);
	fd = open_output(pid);
	layer_write(fd, buffer, (size_t)(t.at - buffer));
	if (fd != 2)
		SYS(__NR_close, fd);
}

void count_report(int final)
{
	const struct __kernel_timespec pause = {.tv_nsec = 1000000};
	int tid = (int)SYS(__NR_gettid), other = 0;

	/*
	 * Who comes second is about to end the process, so it waits; not for ever, as the first
	 * may write into a pipe that is full. A signal handler that interrupted this very
	 * thread's report would wait for itself.
	 */
	for (unsigned i = 0; i < 2000; i++, other = 0) {
		if (__atomic_compare_exchange_n(&reporting, &other, tid, 0, __ATOMIC_SEQ_CST,
		                                __ATOMIC_SEQ_CST)) {
			if (!finished)
				print();
			finished |= final;
			__atomic_store_n(&reporting, 0, __ATOMIC_SEQ_CST);
			return;
		}
		if (other == tid)
			return;
		SYS(__NR_nanosleep, &pause, 0);
	}
}
