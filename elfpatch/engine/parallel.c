// SPDX-License-Identifier: BSD-2-Clause
/*
 * A thread a processor, for as long as one call. A processor may be busy with something else: so each thread
 * takes a small part after the other, and nobody waits for a thread that has not begun.
 */
#include "parallel.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define THREADS_MAX 16
/* To start a thread costs what it costs to look at this many bytes, many times over. */
#define WORTH_A_THREAD (4u << 20)
/* And to take a part, at this many. */
#define WORTH_A_PART (1u << 19)

struct job {
	parallel_work *work;
	void *arg;
	unsigned parts;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t end;
	unsigned taken, done, users;
	int error; /* errno, or 0 */
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

static unsigned least(uint64_t a, uint64_t b)
{
	return (unsigned)(a < b ? a : b);
}

/* With the lock. */
static void take_parts(struct job *j)
{
	while (j->taken < j->parts) {
		/* From the end: static programs have their C library there, whose calls take longest. */
		unsigned part = j->parts - ++j->taken;
		int error;

		pthread_mutex_unlock(&j->lock);
		error = j->work(j->arg, part, j->parts) ? errno : 0;
		pthread_mutex_lock(&j->lock);
		j->error = j->error ? j->error : error;
		j->done++;
	}
	if (j->done == j->parts)
		pthread_cond_signal(&j->end);
}

/* With the lock. The last one frees it. */
static void leave(struct job *j)
{
	unsigned users = --j->users;

	pthread_mutex_unlock(&j->lock);
	if (users)
		return;
	pthread_cond_destroy(&j->end);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

static void *help(void *arg)
{
	struct job *j = arg;

	pthread_mutex_lock(&j->lock);
	take_parts(j);
	leave(j);
	return NULL;
}

static void start_thread(struct job *j)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, help, j))
		return;
	pthread_detach(thread);
	j->users++;
}

int parallel(uint64_t bytes, parallel_work *work, void *arg)
{
	unsigned threads = least(least(bytes / WORTH_A_THREAD, processors()), THREADS_MAX);
	struct job *j = malloc(sizeof *j);
	int error;

	if (!j)
		return -1;
	*j = (struct job){
	    .work = work,
	    .arg = arg,
	    /* The same on every machine: with them, so is all that comes out. */
	    .parts = least(bytes / WORTH_A_PART + 1, PARALLEL_MAX),
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .end = PTHREAD_COND_INITIALIZER,
	    .users = 1,
	};
	pthread_mutex_lock(&j->lock);
	for (unsigned i = 1; i < threads; i++)
		start_thread(j);
	take_parts(j);
	while (j->done < j->parts)
		pthread_cond_wait(&j->end, &j->lock);
	error = j->error;
	leave(j);
	errno = error ? error : errno;
	return error ? -1 : 0;
}
