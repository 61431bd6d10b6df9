// SPDX-License-Identifier: BSD-2-Clause
/* The counting layer: its start, and the calls that need more than to be counted. */
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include "count.h"

#pragma GCC visibility push(hidden)
extern char state_start[], state_wiped_end[];
void count_init(const struct syslayer_start *start);
int count_hook(struct count_call *c);
#pragma GCC visibility pop

COUNT_WIPED uint64_t count_calls[SYSLAYER_SLOT_COUNT];
COUNT_WIPED uint64_t count_errors[SYSLAYER_SLOT_COUNT];
static COUNT_WIPED int owner; /* pid of the process that the table belongs to, or 0 */
struct count_settings count_settings;

/*
 * Called before there can be another process that shares this memory, so the first to call
 * it is the owner: the program, or, the word being zeroed, a child of fork.
 */
int count_is_mine(void)
{
	int pid = (int)SYS(__NR_getpid), none = 0;

	return __atomic_compare_exchange_n(&owner, &none, pid, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
	       none == pid;
}

static void before_fork(void)
{
	static int done;

	if (!done)
		SYS(__NR_madvise, state_start, state_wiped_end - state_start, MADV_WIPEONFORK);
	done = 1;
	count_is_mine();
}

/* A later chdir(2) must not move the output. */
static void set_output(const char *path)
{
	char *output = count_settings.output;
	struct layer_text t;

	layer_text_init(&t, output, sizeof count_settings.output - 1);
	if (*path != '/' && SYS(__NR_getcwd, output, sizeof count_settings.output) > 0 && *output == '/') {
		t.at += layer_length(output);
		layer_puts(&t, "/");
	}
	layer_puts(&t, path);
	*t.at = 0;
	/* A path that was cut is another path. */
	if (t.at == t.end)
		*output = 0;
}

void count_init(const struct syslayer_start *start)
{
	before_fork();
	SYS(__NR_prctl, PR_GET_NAME, count_settings.comm);
	if (!start->secure) {
		const char *output = layer_getenv(start->stack, "SYSLAYER_OUTPUT");
		const char *format = layer_getenv(start->stack, "SYSLAYER_FORMAT");

		if (output && *output)
			set_output(output);
		count_settings.json = format && layer_equal(format, "json");
	}
	count_signal_init();
}

/* Returns 0 when the call is still to be made, else c->number is its result. */
int count_hook(struct count_call *c)
{
	unsigned number = (unsigned)c->number;

	__atomic_add_fetch(&count_calls[number], 1, __ATOMIC_RELAXED);
	switch (number) {
	case __NR_rt_sigaction:
		c->number = count_sigaction(c);
		if (c->number < 0)
			__atomic_add_fetch(&count_errors[number], 1, __ATOMIC_RELAXED);
		return 1;
	case __NR_clone:
		if (c->argument[0] & CLONE_VM)
			count_thread_comes();
		before_fork();
		break;
	case __NR_clone3:
		/* Its flags lie where the kernel may refuse to read. */
		count_thread_comes();
		before_fork();
		break;
	case __NR_fork:
	case __NR_vfork:
		before_fork();
		break;
	case __NR_execve:
	case __NR_execveat:
		if (count_is_mine() && count_exec_would_do(c))
			count_report(0);
		break;
	case __NR_exit:
		if (count_is_mine() && count_is_last_thread())
			count_report(1);
		break;
	case __NR_exit_group:
		if (count_is_mine())
			count_report(1);
		break;
	}
	return 0;
}
