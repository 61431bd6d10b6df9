// SPDX-License-Identifier: BSD-2-Clause
/* Calls a verb's task for each file: those that are named one by one, those in trees in parallel. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "save.h"
#include "task.h"

struct trees {
	const struct options *options;
	const struct task *task;
	struct workers *workers;
	struct links links;
	int status;
};

static int trouble(const char *file)
{
	struct error e;

	fail_errno(&e, "cannot be worked on");
	return complain(file, &e);
}

/* The names of a file that was replaced: all that were met, if that was asked for or they are all it has. */
static void finish_links(struct trees *t, const struct linked *l)
{
	for (size_t i = 1; i < l->names; i++) {
		struct error e;

		if (save_link(l->given, l[i].given, &l->st, &e)) {
			t->status = worse(t->status, complain(l[i].given, &e));
		} else if (t->options->verbose && !t->options->json) {
			progress_clear();
			printf("%s: linked to %s\n", l[i].given, l->given);
		}
	}
}

static void finished(const struct to_do *d, const void *result, const struct error *e, void *context)
{
	struct trees *t = context;
	const struct options own = options_of(t->options, d);
	bool replaced = !e->status && t->task->replaced && t->task->replaced(result);

	t->status = worse(t->status, t->task->report(&own, d->file, result, e, t->task->context));
	progress_done(replaced);
	if (d->tag && replaced)
		finish_links(t, d->tag);
}

static void found(const char *file, bool named, const struct stat *st, void *context)
{
	struct trees *t = context;

	if (strlen(file) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		t->status = worse(t->status, trouble(file));
		return;
	}
	progress_found((uint64_t)st->st_size);
	if (!t->task->replaced || st->st_nlink < 2)
		workers_add(t->workers, &(struct to_do){.file = file, .named = named});
	else if (links_add(&t->links, file, named, st))
		t->status = worse(t->status, trouble(file));
}

static unsigned cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

static int in_parallel(const struct options *options, char **files, int count, const struct task *task)
{
	struct trees t = {.options = options, .task = task};
	int status;

	t.workers = workers_start(options, task, options->jobs ? options->jobs : cores(), finished, &t);
	if (!t.workers)
		return trouble("processes");
	progress_start(options);
	status = options->files0_from ? walk_list(options->files0_from, found, &t)
	                              : walk_trees(files, count, found, &t);
	links_sort(&t.links);
	for (size_t i = 0; i < t.links.count; i += t.links.l[i].names) {
		struct linked *l = t.links.l + i;

		workers_add(t.workers, &(struct to_do){l->given, l->named, l->names == l->st.st_nlink, l});
	}
	workers_finish(t.workers);
	progress_clear();
	links_free(&t.links);
	return worse(status, t.status);
}

int each_file(const struct options *options, char **files, int count, const struct task *task)
{
	int status = STATUS_OK;
	void *result;

	if (in_trees(options))
		return in_parallel(options, files, count, task);
	result = malloc(task->result_size);
	if (!result)
		return trouble(files[0]);
	for (int i = 0; i < count; i++) {
		struct error e = {.offset = NO_OFFSET};

		memset(result, 0, task->result_size);
		task->work(options, files[i], task->context, result, &e);
		status = worse(status, task->report(options, files[i], result, &e, task->context));
	}
	free(result);
	return status;
}
