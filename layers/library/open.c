// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files that a layer was given in the environment, as its output. Under elfpatch run their paths are those of
 * the run: in a chroot, or in other mounts, they may lead elsewhere, and who has given up his rights may not
 * open them. Then who has started the run opens them.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include "ask.h"

static uint64_t part(unsigned n)
{
	const char *s = syslayer_broker + n * SYSLAYER_RUN_PART;
	uint64_t value = 0;

	for (unsigned i = 0; i < SYSLAYER_RUN_PART; i++)
		value = value << 4 | (uint64_t)(s[i] <= '9' ? s[i] - '0' : s[i] - 'a' + 10);
	return value;
}

static int is_at_home(void)
{
	struct statx s;

	/* What Linux before 5.8 does not tell passes for the same. */
	return syslayer_sys(__NR_statx, AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &s) ||
	       ((!(s.stx_mask & STATX_MNT_ID) || s.stx_mnt_id == part(2)) &&
	        ((uint64_t)s.stx_dev_major << 32 | s.stx_dev_minor) == part(3) && s.stx_ino == part(4));
}

static long ask(const char *path, long flags)
{
	const struct syslayer_search text = {.text = (char *)path, .size = syslayer_length(path) + 1};
	struct syslayer_answer answer = {0};
	int descriptor[SYSLAYER_DESCRIPTORS] = {-1};
	long socket, root;
	unsigned long mask = syslayer_block();

	root = syslayer_sys(__NR_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC);
	socket = root < 0 ? -1 : syslayer_socket();
	if (socket >= 0) {
		syslayer_ask_broker(socket, root, SYSLAYER_ASK_OPEN, (unsigned)flags, &text, &answer,
		                    descriptor);
		syslayer_sys(__NR_close, socket);
	}
	if (root >= 0)
		syslayer_sys(__NR_close, root);
	syslayer_unblock(mask);
	return descriptor[SYSLAYER_STAND_IN];
}

long syslayer_open(const char *path, long flags)
{
	long fd = -1, error;

	if (*syslayer_broker && !is_at_home())
		fd = ask(path, flags);
	if (fd >= 0)
		return fd;
	error = syslayer_sys(__NR_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY, 0666);
	if (error >= 0 || !*syslayer_broker)
		return error;
	fd = ask(path, flags);
	return fd < 0 ? error : fd;
}
