// SPDX-License-Identifier: BSD-2-Clause
/* Files in memory, and what the engine promises of those that it makes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"
#include "undo.h"

static int fds[FILES] = {-1, -1, -1, -1};

static int file_new(unsigned number)
{
	if (fds[number] < 0)
		fds[number] = memfd_create("fuzz", MFD_CLOEXEC);
	if (fds[number] < 0 || ftruncate(fds[number], 0))
		broken("memfd");
	return fds[number];
}

int file_put(unsigned number, const unsigned char *bytes, size_t size)
{
	int fd = file_new(number);

	if (pwrite(fd, bytes, size, 0) != (ssize_t)size)
		broken("memfd");
	return fd;
}

int file_save(unsigned number, const struct object *o)
{
	int fd = file_put(number, o->data, o->size);

	if (object_write(o, fd))
		broken("object_write");
	return fd;
}

int file_of(unsigned number)
{
	return fds[number];
}

bool file_same(unsigned number, unsigned other)
{
	struct stat a, b;
	unsigned char one[16384], two[16384];

	if (fstat(fds[number], &a) || fstat(fds[other], &b) || a.st_size != b.st_size)
		return false;
	for (off_t at = 0; at < a.st_size; at += (off_t)sizeof one) {
		ssize_t n = pread(fds[number], one, sizeof one, at);

		if (n <= 0 || pread(fds[other], two, sizeof two, at) != n || memcmp(one, two, (size_t)n))
			return false;
	}
	return true;
}

void must_be_well(unsigned number, const char *what)
{
	struct object o = {0};
	struct error e = {0};
	bool has = false;

	if (object_open_fd(&o, fds[number], &e))
		broken("%s: cannot be read: %s", what, e.text);
	if (verify(&o, &has, &e))
		broken("%s: verify: %s at 0x%llx: %s", what, e.field ? e.field : "",
		       (unsigned long long)e.offset, e.text);
	object_close(&o);
}

void must_say_why(const struct error *e, const char *what)
{
	if ((e->status != STATUS_TROUBLE && e->status != STATUS_UNSUPPORTED) || !*e->text)
		broken("%s: failed with status %d and \"%s\"", what, e->status, e->text);
}

void must_be_given_back(unsigned from, unsigned to, unsigned original, const char *what)
{
	struct object o = {0};
	struct error e = {0};
	bool exact;

	if (object_open_fd(&o, fds[from], &e) || restore(&o, &exact, &e))
		broken("%s: restore: %s", what, e.text);
	file_save(to, &o);
	object_close(&o);
	if (!file_same(to, original))
		broken("%s: restore gives back something else", what);
}
