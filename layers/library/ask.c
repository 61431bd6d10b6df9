// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: questions to the process outside (elfpatch/run/broker.c), each by a connection of its
 * own. Children of vfork(2) ask, too: nothing is changed in memory.
 */
#include <linux/fcntl.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/time_types.h>
#include <linux/un.h>
#include "ask.h"

#define SCM_RIGHTS 1
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000

struct iovec {
	const void *base;
	size_t length;
};

/* As the kernel has them. */
struct message {
	void *name;
	int name_length;
	struct iovec *part;
	size_t parts;
	void *control;
	size_t control_length;
	unsigned flags;
};
struct control {
	size_t length;
	int level, type;
	int descriptor[SYSLAYER_DESCRIPTORS];
};
#define CONTROL_LENGTH(count) (offsetof(struct control, descriptor) + (count) * sizeof(int))

/* Longer than any file takes to be rewritten. */
#define PATIENCE 60

char syslayer_broker[SYSLAYER_RUN_LENGTH + 1];
const char *syslayer_cache;

long syslayer_socket(void)
{
	const struct __kernel_old_timeval patience = {.tv_sec = PATIENCE};
	long fd = syslayer_channel_socket();

	if (fd < 0)
		fd = syslayer_sys(__NR_socket, SYSLAYER_AF_UNIX, SYSLAYER_SOCKET_TYPE, 0);
	if (fd >= 0)
		syslayer_sys(__NR_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

int syslayer_is_connected(long socket)
{
	struct sockaddr_un address = {.sun_family = SYSLAYER_AF_UNIX};
	struct syslayer_text t;
	long r;

	syslayer_text_init(&t, address.sun_path + 1, sizeof address.sun_path - 1);
	syslayer_puts(&t, SYSLAYER_RUN_SOCKET);
	syslayer_put(&t, syslayer_broker, SYSLAYER_RUN_PART);
	r = syslayer_sys(__NR_connect, socket, &address, t.at - (char *)&address);
	return !r || r == -EISCONN;
}

/* Those that came with it, in the places of their bits. */
static void take(const struct control *c, size_t size, uint32_t which, int *descriptor)
{
	size_t count = size < CONTROL_LENGTH(1) || c->type != SCM_RIGHTS
	                   ? 0
	                   : (c->length - CONTROL_LENGTH(0)) / sizeof(int);
	size_t at = 0;

	for (unsigned i = 0; i < SYSLAYER_DESCRIPTORS; i++)
		if (which >> i & 1 && at < count)
			descriptor[i] = c->descriptor[at++];
}

long syslayer_tell_broker(long socket, long file, unsigned what, unsigned flags,
                          const struct syslayer_search *s)
{
	struct syslayer_ask question = {.what = what, .flags = flags};
	struct iovec part[2] = {{&question, sizeof question}, {s->text, s->size}};
	struct control control = {
	    .length = CONTROL_LENGTH(1), .level = SOL_SOCKET, .type = SCM_RIGHTS, .descriptor = {(int)file}};
	struct message m = {
	    .part = part, .parts = 2, .control = &control, .control_length = CONTROL_LENGTH(1)};
	long r;

	syslayer_say_place(question.place);
	memcpy(question.secret, syslayer_broker + SYSLAYER_RUN_PART, sizeof question.secret);
	/* With a channel it is one of a pair, perhaps. Else it is connected right before the question, so
	 * that this is there when the other one comes to look. */
	r = syslayer_kept[1] > 0 ? syslayer_sys(__NR_sendmsg, socket, &m, MSG_NOSIGNAL) : -ENOTCONN;
	if (r == -ENOTCONN && syslayer_is_connected(socket))
		r = syslayer_sys(__NR_sendmsg, socket, &m, MSG_NOSIGNAL);
	return r;
}

int syslayer_ask_broker(long socket, long file, unsigned what, unsigned flags,
                        const struct syslayer_search *s, struct syslayer_answer *answer, int *descriptor)
{
	struct iovec part = {answer, sizeof *answer - 1};
	struct control control = {0};
	struct message m = {.part = &part, .parts = 1, .control = &control, .control_length = sizeof control};
	long n;

	for (unsigned i = 0; i < SYSLAYER_DESCRIPTORS; i++)
		descriptor[i] = -1;
	if (syslayer_tell_broker(socket, file, what, flags, s) < 0)
		return -1;
	n = syslayer_sys(__NR_recvmsg, socket, &m, MSG_CMSG_CLOEXEC);
	if (n < (long)offsetof(struct syslayer_answer, why))
		return -1;
	((char *)answer)[n] = 0;
	take(&control, m.control_length, answer->descriptors, descriptor);
	return 0;
}

void syslayer_say(const struct syslayer_answer *answer)
{
	char line[sizeof answer->why + 16];
	struct syslayer_text t;

	if (!*answer->why)
		return;
	syslayer_text_init(&t, line, sizeof line);
	syslayer_puts(&t, "elfpatch: ");
	syslayer_puts(&t, answer->why);
	syslayer_puts(&t, "\n");
	syslayer_write(2, line, (size_t)(t.at - line));
}
