// SPDX-License-Identifier: BSD-2-Clause
/* A thread a processor, for as long as one call. */
#include "parallel.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

/* To start a thread costs what it costs to look at this many bytes, many times over. */
#define WORTH_A_THREAD (4u << 20)

struct part {
	parallel_work *work;
	void *arg;
	unsigned part, parts;
	int error; /* errno, or 0 */
	bool started;
	pthread_t thread;
};

uint64_t parallel_cut(uint64_t size, unsigned part, unsigned parts)
{
	return part < parts ? size / parts / 64 * 64 * part : size;
}

static unsigned processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

static void *run(void *arg)
{
	struct part *p = arg;

	p->error = p->work(p->arg, p->part, p->parts) ? errno : 0;
	return NULL;
}

int parallel(uint64_t bytes, parallel_work *work, void *arg)
{
	struct part part[PARALLEL_MAX];
	uint64_t worth = bytes / WORTH_A_THREAD;
	unsigned parts = worth < PARALLEL_MAX ? (unsigned)worth : PARALLEL_MAX, n = processors();
	int error = 0;

	parts = parts < n ? parts : n;
	parts += !parts;
	for (unsigned i = 0; i < parts; i++) {
		part[i] = (struct part){.work = work, .arg = arg, .part = i, .parts = parts};
		if (i)
			part[i].started = !pthread_create(&part[i].thread, NULL, run, part + i);
	}
	for (unsigned i = 0; i < parts; i++)
		if (!part[i].started)
			run(part + i);
	for (unsigned i = 0; i < parts; i++) {
		if (part[i].started)
			pthread_join(part[i].thread, NULL);
		error = error ? error : part[i].error;
	}
	errno = error ? error : errno;
	return error ? -1 : 0;
}
