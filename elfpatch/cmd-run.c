// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch run: a program under a layer, where something has to be rewritten for it. */
#include <sys/file.h>
#include "run/run.h"

#define TRIES 10

/* With LOCK_SH, so that nothing of the plan goes away before the program has it. */
static int make_or_load(struct plan *p, struct cache *c, const struct wanted *w, struct error *e)
{
	bool left = false;

	for (unsigned i = 0; i < TRIES; i++) {
		cache_lock(c, LOCK_SH);
		if (!plan_load(p, c, w)) {
			/* What could not be rewritten a moment ago need not be tried again. */
			if (left || plan_is_fresh(p, c))
				return 0;
			plan_free(p);
		}
		cache_lock(c, LOCK_EX);
		if (!plan_load(p, c, w) && plan_is_fresh(p, c)) {
			plan_free(p);
			continue;
		}
		plan_free(p);
		if (plan_make(p, c, w, e)) {
			plan_free(p);
			return -1;
		}
		left = true;
		plan_free(p);
	}
	return fail(e, STATUS_TROUBLE, NULL, NO_OFFSET, "its files change all the time");
}

int cmd_run(const struct options *options, char **files, int count)
{
	(void)count;
	return run_program(options, files, "/proc/self/exe", make_or_load);
}
