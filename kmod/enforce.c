// SPDX-License-Identifier: GPL-2.0-only
/*
 * Enforcement: a program makes its system calls in the section that has the layer, its own or that of its
 * interpreter, and in the trampolines next to it, or dies of SIGSYS. It is Syscall User Dispatch without a
 * selector, set when the image has been mapped. The kernel clears it in new threads and processes; here a
 * hook sets it there again. execve(2) clears it, and load() decides anew.
 */
#include <linux/entry-common.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include "kmod.h"

static bool enforce;
static bool started;
static struct tracepoint *fork_point;
static bool hooked;
static DEFINE_MUTEX(hook_lock);

/*
 * The last byte of a range cannot be the end of an instruction of two: a length that is one less than whole
 * pages marks a range of ours. Who sets such a one himself has it inherited.
 */
static bool is_ours(const struct syscall_user_dispatch *d)
{
	return !d->selector && PAGE_ALIGNED(d->offset) && PAGE_ALIGNED(d->len + 1);
}

/* In the parent, before the child runs. */
static void forked(void *data, struct task_struct *parent, struct task_struct *child)
{
	if (!test_task_syscall_work(parent, SYSCALL_USER_DISPATCH) || !is_ours(&parent->syscall_dispatch))
		return;
	child->syscall_dispatch = parent->syscall_dispatch;
	child->syscall_dispatch.on_dispatch = false;
	set_task_syscall_work(child, SYSCALL_USER_DISPATCH);
}

static void find(struct tracepoint *point, void *data)
{
	if (!strcmp(point->name, "sched_process_fork"))
		fork_point = point;
}

/* From then on until the module goes: programs that have been started with it have children. */
static int hook(void)
{
	int r = 0;

	mutex_lock(&hook_lock);
	if (!hooked) {
		for_each_kernel_tracepoint(find, NULL);
		r = fork_point ? tracepoint_probe_register(fork_point, forked, NULL) : -EOPNOTSUPP;
		hooked = !r;
	}
	mutex_unlock(&hook_lock);
	return r;
}

static int set(const char *value, const struct kernel_param *parameter)
{
	bool wanted;
	int r = kstrtobool(value ? value : "1", &wanted);

	/* While it is being loaded, enforce_start() does it. */
	if (!r && wanted && READ_ONCE(started))
		r = hook();
	if (!r)
		WRITE_ONCE(enforce, wanted);
	return r;
}

static const struct kernel_param_ops enforce_ops = {
    .flags = KERNEL_PARAM_OPS_FL_NOARG,
    .set = set,
    .get = param_get_bool,
};
module_param_cb(enforce, &enforce_ops, &enforce, 0644);
MODULE_PARM_DESC(enforce, "programs with an image make system calls through it only (N)");

int enforce_start(void)
{
	WRITE_ONCE(started, true);
	return enforce ? hook() : 0;
}

void enforce_stop(void)
{
	if (!hooked)
		return;
	tracepoint_probe_unregister(fork_point, forked, NULL);
	tracepoint_synchronize_unregister();
}

/*
 * Where the vDSO cannot answer it makes a system call, which is none of the section's: the
 * program is not to know of it. Its C library then makes the call itself.
 */
static bool hide_vdso(const struct linux_binprm *bprm)
{
	/* argc, argv, NULL, envp, NULL, auxiliary vector (x86-64 psABI 3.4.1) */
	unsigned long __user *a =
	    (unsigned long __user *)current->mm->start_stack + 1 + bprm->argc + 1 + bprm->envc + 1;
	unsigned long type;

	for (int i = 0; i < AT_VECTOR_SIZE; i += 2, a += 2) {
		if (get_user(type, a))
			return false;
		if (type == AT_NULL)
			return true;
		if (type == AT_SYSINFO_EHDR)
			return !put_user(AT_IGNORE, a);
	}
	return false;
}

/* Between trampolines and section there may be a hole in memory: no code is to come there that could make
 * calls. */
static bool fill_holes(unsigned long from, unsigned long to)
{
	const unsigned long flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	for (unsigned long at = from; at < to; at += PAGE_SIZE) {
		unsigned long r = vm_mmap(NULL, at, PAGE_SIZE, PROT_NONE, flags, 0);

		/* What is mapped stays. */
		if (IS_ERR_VALUE(r) && r != -EEXIST)
			return false;
	}
	return true;
}

bool enforce_wanted(void)
{
	return READ_ONCE(enforce);
}

enum counter enforce_program(const struct linux_binprm *bprm, const struct primary *primary)
{
	struct syscall_user_dispatch *d = &current->syscall_dispatch;
	const struct program *program = &primary->program;

	if (!hide_vdso(bprm) ||
	    !fill_holes(program->calls_start + primary->bias, program->note.address + primary->bias))
		return COUNT_ENFORCE;
	d->selector = NULL;
	d->offset = program->calls_start + primary->bias;
	d->len = program->calls_end - program->calls_start - 1;
	d->on_dispatch = false;
	set_syscall_work(SYSCALL_USER_DISPATCH);
	return COUNT_ENFORCED;
}
