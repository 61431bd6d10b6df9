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

#define AF_UNIX 1
#define SOCK_SEQPACKET 5
#define SOCK_CLOEXEC O_CLOEXEC
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
char syslayer_broker_at[sizeof((struct sockaddr_un *)0)->sun_path];
const char *syslayer_cache;

long syslayer_socket(void)
{
	const struct __kernel_old_timeval patience = {.tv_sec = PATIENCE};
	long fd = syslayer_sys(__NR_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		syslayer_sys(__NR_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* Right before the question, so that it is there when the other one comes to look. */
static int is_connected(long socket)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct syslayer_text t;
	long r;

	syslayer_text_init(&t, address.sun_path + 1, sizeof address.sun_path - 1);
	syslayer_puts(&t, SYSLAYER_RUN_SOCKET);
	syslayer_put(&t, syslayer_broker, SYSLAYER_RUN_PART);
	r = syslayer_sys(__NR_connect, socket, &address, t.at - (char *)&address);
	if (r == -ECONNREFUSED && *syslayer_broker_at) {
		/* Of another network namespace, perhaps. */
		memcpy(address.sun_path, syslayer_broker_at, sizeof address.sun_path);
		r = syslayer_sys(__NR_connect, socket, &address, sizeof address);
	}
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

int syslayer_ask_broker(long socket, long file, unsigned what, unsigned flags,
                        const struct syslayer_search *s, struct syslayer_answer *answer, int *descriptor)
{
	struct syslayer_ask question = {.what = what, .flags = flags};
	struct iovec part[2] = {{&question, sizeof question}, {s->text, s->size}};
	struct control control = {
	    .length = CONTROL_LENGTH(1), .level = SOL_SOCKET, .type = SCM_RIGHTS, .descriptor = {(int)file}};
	struct message m = {
	    .part = part, .parts = 2, .control = &control, .control_length = CONTROL_LENGTH(1)};
	long n;

	for (unsigned i = 0; i < SYSLAYER_DESCRIPTORS; i++)
		descriptor[i] = -1;
	syslayer_say_place(question.place);
	memcpy(question.secret, syslayer_broker + SYSLAYER_RUN_PART, sizeof question.secret);
	if (!is_connected(socket) || syslayer_sys(__NR_sendmsg, socket, &m, MSG_NOSIGNAL) < 0)
		return -1;
	part[0] = (struct iovec){answer, sizeof *answer - 1};
	m.parts = 1;
	control.length = 0;
	m.control_length = sizeof control;
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
