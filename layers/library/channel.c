// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: the way to the process outside from another network namespace, in which its name is
 * that of nobody. A connection that was made before is kept then, and goes from exec to exec; each question
 * has a socket of its own still, whose other end is sent along this one.
 */
#include <asm/stat.h>
#include <linux/sched.h>
#include "ask.h"

#define CHANNEL syslayer_kept[1]

/* Of the socket, for a child of vfork(2) may have made it, or have closed it, where the memory is its
 * parent's. */
static unsigned long inode;

static unsigned long inode_of(int fd)
{
	struct stat st;

	return syslayer_sys(__NR_fstat, fd, &st) ? 0 : st.st_ino;
}

int syslayer_channel_is_open(void)
{
	return CHANNEL > 0 && inode && inode_of(CHANNEL) == inode;
}

static int leaves_network(const struct syslayer_call *c)
{
	unsigned long flags = 0;

	switch (c->number) {
	case __NR_unshare:
	case __NR_clone:
		flags = (unsigned long)c->argument[0];
		break;
	case __NR_clone3:
		/* struct clone_args begins with them */
		syslayer_peek(&flags, (const void *)c->argument[0], sizeof flags);
		break;
	case __NR_setns:
		flags = c->argument[1] ? (unsigned long)c->argument[1] : CLONE_NEWNET;
		break;
	}
	return (flags & CLONE_NEWNET) != 0;
}

static void keep(int fd)
{
	CHANNEL = fd;
	inode = inode_of(fd);
	syslayer_keeps = 1;
}

void syslayer_channel_comes(const struct syslayer_call *c)
{
	unsigned long mask;
	long socket, high = -1;

	if (!leaves_network(c) || !*syslayer_broker || syslayer_channel_is_open())
		return;
	mask = syslayer_block();
	socket = syslayer_socket();
	if (socket >= 0) {
		if (syslayer_is_connected(socket))
			high = syslayer_high_copy(socket);
		syslayer_sys(__NR_close, socket);
	}
	if (high >= 0)
		keep((int)high);
	syslayer_unblock(mask);
}

void syslayer_channel_start(const char *value)
{
	int fd = syslayer_handed_on(value);

	if (fd)
		keep(fd);
}

/* Of another socket, which is connected. */
long syslayer_channel_socket(void)
{
	const struct syslayer_search none = SYSLAYER_NO_SEARCH;
	int ends[2];
	long r;

	if (!syslayer_channel_is_open() ||
	    syslayer_sys(__NR_socketpair, SYSLAYER_AF_UNIX, SYSLAYER_SOCKET_TYPE, 0, ends))
		return -1;
	r = syslayer_tell_broker(CHANNEL, ends[1], SYSLAYER_ASK_HERE, 0, &none);
	syslayer_sys(__NR_close, ends[1]);
	if (r >= 0)
		return ends[0];
	syslayer_sys(__NR_close, ends[0]);
	return -1;
}
