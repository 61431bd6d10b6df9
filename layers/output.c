// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where lines go: one write(2) a line, to a descriptor that the program cannot close. With standard error,
 * too: programs close it before they end, to learn of errors (coreutils), and what they have instead of it is
 * none of ours.
 */
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <asm/stat.h>
#include "output.h"

int output_descriptor;
static int is_file; /* regular, and not limited in its size: a write makes no signal, and does not block */

void output_keep_error(void)
{
	long high = syslayer_keep(2);

	output_descriptor = high < 0 ? -1 : (int)high;
	is_file = 0;
}

long output_open(const char *name)
{
	struct rlimit64 size;
	struct stat st;
	long fd, high;

	fd = syslayer_open(name, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0)
		return fd;
	high = syslayer_keep((int)fd);
	if (high >= 0) {
		syslayer_sys(__NR_close, fd);
		fd = high;
	}
	is_file = !syslayer_sys(__NR_fstat, fd, &st) && S_ISREG(st.st_mode) &&
	          !syslayer_sys(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, &size) &&
	          size.rlim_cur == RLIM64_INFINITY;
	output_descriptor = (int)fd;
	return 0;
}

void output_write(const char *s, size_t length)
{
	if (output_descriptor < 0)
		return;
	if (is_file)
		syslayer_sys(__NR_write, output_descriptor, s, length);
	else
		syslayer_write(output_descriptor ? output_descriptor : 2, s, length);
}

/* Whether it asks if a descriptor is there, of the output. */
static int asks_for_it(const struct syslayer_call *c)
{
	const long *a = c->argument;

	if ((int)a[0] != output_descriptor)
		return 0;
	switch (c->number) {
	case __NR_fcntl:
	case __NR_fstat:
	case __NR_dup:
		return 1;
	case __NR_newfstatat:
		return (a[3] & AT_EMPTY_PATH) != 0;
	}
	return 0;
}

/* Of sizes, as sshd's child does before it has a filter: from then on a write may make a signal. */
static int sets_limit(const struct syslayer_call *c)
{
	const long *a = c->argument;

	return (c->number == __NR_setrlimit && a[0] == RLIMIT_FSIZE) ||
	       (c->number == __NR_prlimit64 && a[1] == RLIMIT_FSIZE && a[2]);
}

void output_guard(struct syslayer_call *c)
{
	if (output_descriptor <= 0)
		return;
	if (sets_limit(c))
		is_file = 0;
	if (asks_for_it(c))
		syslayer_answer(c, -EBADF);
}
