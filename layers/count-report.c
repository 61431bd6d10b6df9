// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer's table: as text, like that of `strace -c`, or as JSON; and where it goes. */
#include <linux/fcntl.h>
#include <linux/prctl.h>
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

/* Not on the stack: it is the program's, and may be small. The library calls the end hook in one thread at a
 * time. */
static struct row rows[SYSLAYER_SLOT_COUNT];
static char buffer[65536]; /* 512 rows of JSON take 46 KiB at most */
static char path[sizeof count_settings.output + 64];

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
			name += syslayer_length(name) + 1;
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

static void put_name(struct syslayer_text *t, const struct row *r)
{
	if (r->name) {
		syslayer_puts(t, r->name);
		return;
	}
	syslayer_puts(t, "syscall_");
	syslayer_putn(t, r->number, 0);
}

static void put_line(struct syslayer_text *t, const struct row *r)
{
	syslayer_putn(t, r->calls, 9);
	if (r->errors)
		syslayer_putn(t, r->errors, 10);
	else
		syslayer_puts(t, "          ");
	syslayer_puts(t, " ");
	put_name(t, r);
	syslayer_puts(t, "\n");
}

static void put_table(struct syslayer_text *t, long pid, unsigned n, const struct row *total)
{
	static const char rule[] = "--------- --------- ----------------\n";

	syslayer_puts(t, "count: ");
	for (const char *s = count_settings.comm; *s; s++)
		syslayer_put(t, (unsigned char)*s < 0x20 || *s == 0x7f ? "?" : s, 1);
	syslayer_puts(t, "[");
	syslayer_putn(t, (uint64_t)pid, 0);
	syslayer_puts(t, "]\n    calls    errors syscall\n");
	syslayer_puts(t, rule);
	for (unsigned i = 0; i < n; i++)
		put_line(t, &rows[i]);
	syslayer_puts(t, rule);
	put_line(t, total);
}

static void put_object(struct syslayer_text *t, const struct row *r)
{
	syslayer_puts(t, "\"");
	put_name(t, r);
	syslayer_puts(t, "\":{\"calls\":");
	syslayer_putn(t, r->calls, 0);
	syslayer_puts(t, ",\"errors\":");
	syslayer_putn(t, r->errors, 0);
	syslayer_puts(t, "}");
}

static void put_json(struct syslayer_text *t, long pid, unsigned n, const struct row *total)
{
	syslayer_puts(t, "{\"layer\":\"count\",\"pid\":");
	syslayer_putn(t, (uint64_t)pid, 0);
	syslayer_puts(t, ",\"comm\":");
	syslayer_put_json(t, count_settings.comm);
	syslayer_puts(t, ",\"calls\":{");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			syslayer_puts(t, ",");
		put_object(t, &rows[i]);
	}
	syslayer_puts(t, "},");
	put_object(t, total);
	syslayer_puts(t, "}\n");
}

/* SYSLAYER_OUTPUT opened, or standard error: a report must not be lost for a directory that is gone. */
static int open_output(long pid)
{
	struct syslayer_text t;
	long fd;

	syslayer_text_init(&t, path, sizeof path - 1);
	for (const char *s = count_settings.output; *s; s++) {
		if (s[0] == '%' && s[1] == 'p') {
			syslayer_putn(&t, (uint64_t)pid, 0);
			s++;
		} else {
			syslayer_put(&t, s, 1);
		}
	}
	*t.at = 0;
	if (t.at == path || t.at == t.end)
		return 2;
	fd = syslayer_sys(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
	                  0666);
	return fd < 0 ? 2 : (int)fd;
}

void count_report(void)
{
	struct syslayer_text t;
	long pid = syslayer_sys(__NR_getpid);
	struct row total;
	unsigned n = take_rows(&total);
	int fd;

	syslayer_text_init(&t, buffer, sizeof buffer);
	if (!*count_settings.comm)
		syslayer_sys(__NR_prctl, PR_GET_NAME, count_settings.comm);
	(count_settings.json ? put_json : put_table)(&t, pid, n, &total);
	fd = open_output(pid);
	syslayer_write(fd, buffer, (size_t)(t.at - buffer));
	if (fd != 2)
		syslayer_sys(__NR_close, fd);
}
