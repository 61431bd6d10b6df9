// SPDX-License-Identifier: BSD-2-Clause
/* What the broker hands on to elfpatch-main: a file that has to be rewritten before it is executed. */
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include "broker.h"
#include "serve.h"

int serve_job(char **arguments)
{
	struct request r = {.socket = JOB_SOCKET, .file = JOB_FILE};
	struct error e = {.offset = NO_OFFSET};
	struct cache_size left;
	struct cache c;
	int result;

	r.pid = (pid_t)strtol(arguments[0], NULL, 10);
	r.user = (uid_t)strtoul(arguments[1], NULL, 10);
	r.group = (gid_t)strtoul(arguments[2], NULL, 10);
	r.what = (uint32_t)strtoul(arguments[3], NULL, 10);
	r.quiet = *arguments[4] == '1';
	r.image = *arguments[5] == '1' ? JOB_IMAGE : -1;
	for (int i = 6; i < JOB_ARGUMENTS; i++) {
		size_t length = strlen(arguments[i]) + 1;

		if (r.search_size + length < sizeof r.search)
			memcpy(r.search + r.search_size, arguments[i], length);
		r.search_size += length;
	}
	if (cache_open(&c, "/proc/self/exe", &e)) {
		answer(r.socket, SYSLAYER_GO_ON, e.text, -1, r.image);
		return JOB_ANSWERED;
	}
	cache_lock(&c, LOCK_EX);
	result = job_do(&c, &r, cache_fill);
	if (known_save(&c, &e) || cache_trim(&c, cache_limit(), NULL, 0, &left, &e))
		result = 1;
	cache_close(&c);
	return result ? JOB_ANSWERED : JOB_SETTLED;
}
