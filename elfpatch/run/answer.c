// SPDX-License-Identifier: BSD-2-Clause
/* What who asks before an exec is told. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "broker.h"

void answer(int socket, uint32_t what, const char *why, int stand_in)
{
	struct syslayer_answer a = {.what = what, .descriptors = stand_in >= 0 ? 1 << SYSLAYER_STAND_IN : 0};
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec part = {&a, offsetof(struct syslayer_answer, why)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (why)
		part.iov_len += (size_t)snprintf(a.why, sizeof a.why, "%.*s", (int)sizeof a.why - 1, why);
	if (stand_in >= 0) {
		struct cmsghdr *h;

		m.msg_control = control;
		m.msg_controllen = sizeof control;
		h = CMSG_FIRSTHDR(&m);
		*h = (struct cmsghdr){CMSG_LEN(sizeof stand_in), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(h), &stand_in, sizeof stand_in);
	}
	sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}
