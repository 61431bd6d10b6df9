// SPDX-License-Identifier: BSD-2-Clause
/* Processes that work on files; the results come in the order of the files. */
#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "task.h"

#define SLOTS 512 /* files that one slow one may be behind */
#define FIELD_MAX 64
#define RESULT_MAX 1024

/* owner: 0 waits, a worker's number: has it. done: there is a result. */
struct job {
	atomic_uint owner;
	atomic_bool done;
	bool named, relink;
	struct error error;
	char field[FIELD_MAX]; /* error.field of another process */
	unsigned char result[RESULT_MAX] __attribute__((aligned(16)));
	char file[PATH_MAX];
};

/* What the processes share. Job n is in slot n % SLOTS. */
struct shared {
	sem_t added_some, finished_some;
	atomic_ullong added, taken; /* taken: all jobs below are, a hint */
	atomic_bool closed;
	struct job job[SLOTS];
};

struct workers {
	const struct options *options;
	const struct task *task;
	on_finished *call;
	void *context;
	struct shared *shared;
	void *tag[SLOTS];
	uint64_t reported;
	unsigned count, last_number;
	struct worker {
		pid_t pid; /* 0: none */
		unsigned number;
	} worker[];
};

static void wait_for(sem_t *s)
{
	while (sem_wait(s) && errno == EINTR)
		;
}

struct options options_of(const struct options *options, const struct to_do *d)
{
	struct options own = *options;

	own.relink |= d->relink;
	if (d->named) {
		own.recursive = false;
		own.files0_from = NULL;
	}
	return own;
}

static void do_job(const struct workers *w, struct job *j)
{
	const struct options own =
	    options_of(w->options, &(struct to_do){.named = j->named, .relink = j->relink});

	memset(j->result, 0, w->task->result_size);
	j->error = (struct error){.offset = NO_OFFSET};
	w->task->work(&own, j->file, w->task->context, j->result, &j->error);
	j->field[0] = 0;
	if (j->error.field)
		snprintf(j->field, sizeof j->field, "%s", j->error.field);
	atomic_store(&j->done, true);
}

/* The oldest job that nobody has. */
static struct job *take(struct shared *s, unsigned number)
{
	for (uint64_t n = atomic_load(&s->taken); n < atomic_load(&s->added); n++) {
		struct job *j = s->job + n % SLOTS;
		unsigned nobody = 0;

		if (atomic_compare_exchange_strong(&j->owner, &nobody, number)) {
			atomic_store(&s->taken, n + 1);
			return j;
		}
	}
	return NULL;
}

static _Noreturn void work(const struct workers *w, unsigned number, pid_t parent)
{
	struct shared *s = w->shared;
	struct job *j;

	/* Workers clean up after SIGTERM; one that outlives the main process would not be asked for results.
	 */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(STATUS_TROUBLE);
	for (;;) {
		wait_for(&s->added_some);
		while ((j = take(s, number))) {
			do_job(w, j);
			sem_post(&s->finished_some);
		}
		if (atomic_load(&s->closed))
			_exit(STATUS_OK);
	}
}

static void start(struct workers *w, struct worker *worker)
{
	pid_t parent = getpid();

	fflush(stdout);
	worker->number = ++w->last_number;
	worker->pid = fork();
	if (!worker->pid)
		work(w, worker->number, parent);
	if (worker->pid < 0)
		worker->pid = 0;
}

struct workers *workers_start(const struct options *options, const struct task *task, unsigned count,
                              on_finished *call, void *context)
{
	struct workers *w = calloc(1, sizeof *w + count * sizeof *w->worker);
	struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!w || s == MAP_FAILED || task->result_size > RESULT_MAX) {
		if (s != MAP_FAILED)
			munmap(s, sizeof *s);
		free(w);
		return NULL;
	}
	*w = (struct workers){options, task, call, context, s, .count = count};
	sem_init(&s->added_some, 1, 0);
	sem_init(&s->finished_some, 1, 0);
	for (unsigned i = 0; i < count; i++)
		start(w, w->worker + i);
	return w;
}

/* A worker is dead: the file that it had is to blame, and the next one goes on. */
static void bury(struct workers *w, struct worker *worker, int how)
{
	struct shared *s = w->shared;

	worker->pid = 0;
	for (uint64_t n = w->reported; n < atomic_load(&s->added); n++) {
		struct job *j = s->job + n % SLOTS;

		if (atomic_load(&j->owner) != worker->number || atomic_load(&j->done))
			continue;
		memset(j->result, 0, sizeof j->result);
		if (WIFSIGNALED(how))
			fail(&j->error, STATUS_TROUBLE, NULL, NO_OFFSET,
			     "the process that worked on it died of signal %d (%s)", WTERMSIG(how),
			     strsignal(WTERMSIG(how)));
		else
			fail(&j->error, STATUS_TROUBLE, NULL, NO_OFFSET,
			     "the process that worked on it ended with status %d", WEXITSTATUS(how));
		j->field[0] = 0;
		atomic_store(&j->done, true);
		start(w, worker);
	}
	/* It may have died between waking up and taking a job. */
	sem_post(&s->added_some);
}

/* Returns how many workers there are. */
static unsigned look_after(struct workers *w)
{
	unsigned alive = 0;
	int how;

	for (unsigned i = 0; i < w->count; i++) {
		struct worker *worker = w->worker + i;

		if (worker->pid && waitpid(worker->pid, &how, WNOHANG) == worker->pid)
			bury(w, worker, how);
		alive += worker->pid != 0;
	}
	return alive;
}

static bool report_oldest(struct workers *w)
{
	struct shared *s = w->shared;
	size_t i = w->reported % SLOTS;
	struct job *j = s->job + i;

	if (w->reported == atomic_load(&s->added) || !atomic_load(&j->done))
		return false;
	j->error.field = j->field[0] ? j->field : NULL;
	w->call(&(struct to_do){j->file, j->named, j->relink, w->tag[i]}, j->result, &j->error, w->context);
	w->reported++;
	return true;
}

/* Until no more than so many jobs are left. */
static void report_until(struct workers *w, uint64_t left)
{
	struct shared *s = w->shared;

	while (report_oldest(w) || atomic_load(&s->added) - w->reported > left) {
		struct timespec until;
		struct job *j = s->job + w->reported % SLOTS;

		if (w->reported == atomic_load(&s->added) || atomic_load(&j->done))
			continue;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 50000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (!sem_timedwait(&s->finished_some, &until))
			continue;
		/* Where no process can be had, this one does the work. */
		if (!look_after(w) && (j = take(s, UINT_MAX)))
			do_job(w, j);
	}
}

void workers_add(struct workers *w, const struct to_do *d)
{
	struct shared *s = w->shared;
	uint64_t n = atomic_load(&s->added);
	struct job *j = s->job + n % SLOTS;

	report_until(w, SLOTS - 1);
	w->tag[n % SLOTS] = d->tag;
	j->named = d->named;
	j->relink = d->relink;
	snprintf(j->file, sizeof j->file, "%s", d->file);
	atomic_store(&j->done, false);
	atomic_store(&j->owner, 0);
	atomic_store(&s->added, n + 1);
	sem_post(&s->added_some);
}

void workers_finish(struct workers *w)
{
	struct shared *s = w->shared;

	report_until(w, 0);
	atomic_store(&s->closed, true);
	for (unsigned i = 0; i < w->count; i++)
		sem_post(&s->added_some);
	for (unsigned i = 0; i < w->count; i++)
		while (w->worker[i].pid && waitpid(w->worker[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
	munmap(s, sizeof *s);
	free(w);
}
