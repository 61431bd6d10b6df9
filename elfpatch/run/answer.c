// SPDX-License-Identifier: BSD-2-Clause
/* What who asks before an exec is told. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include "broker.h"

void answer(int socket, uint32_t what, const char *why, int stand_in, int image)
{
	const int given[SYSLAYER_DESCRIPTORS] = {[SYSLAYER_STAND_IN] = stand_in, [SYSLAYER_IMAGE] = image};
	struct syslayer_answer a = {.what = what};
	int list[SYSLAYER_DESCRIPTORS];
	size_t count = 0;
	char control[CMSG_SPACE(sizeof list)] = "";
	struct iovec part = {&a, offsetof(struct syslayer_answer, why)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	if (why)
		part.iov_len += (size_t)snprintf(a.why, sizeof a.why, "%.*s", (int)sizeof a.why - 1, why);
	for (unsigned i = 0; i < SYSLAYER_DESCRIPTORS; i++)
		if (given[i] >= 0) {
			a.descriptors |= 1U << i;
			list[count++] = given[i];
		}
	if (count) {
		struct cmsghdr *h;

		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(count * sizeof *list);
		h = CMSG_FIRSTHDR(&m);
		*h = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof *list),
		                      .cmsg_level = SOL_SOCKET,
		                      .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(h), list, count * sizeof *list);
	}
	sendmsg(socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}
