// SPDX-License-Identifier: GPL-2.0-only
/*
 * A binary format that is asked before the kernel's own ELF one. It reads the note of the
 * file, has the kernel's handler load it, and then maps a stub image over the section of the
 * program and of its interpreter, before their first instruction.
 *
 * What the kernel's handler returns is returned, always: once it has succeeded the old
 * program is gone, and a failure of ours must not take the new one away, which can do
 * without an image, or says itself that it cannot.
 */
#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include "kmod.h"

static struct linux_binfmt *stock;
static const char no_image[] = "no image mapped";

/* One line for what an administrator can do something about; the name is not the user's to forge. */
static void say(const char *what, enum counter which, const char *why)
{
	const char *text = why ? why : counter_text(which);

	if (text)
		pr_warn_ratelimited("syslayer: %*pE[%d]: %s: %s\n",
		                    (int)strnlen(current->comm, sizeof current->comm), current->comm,
		                    task_pid_nr(current), what, text);
}

/* found: what note_read() has said of file, which is p's. */
static void serve(enum counter found, struct primary *p, struct file *file, enum counter mapped)
{
	struct image image;
	const char *why = NULL;
	enum counter r = found;

	if (r == COUNT_OK)
		r = image_find(&p->program.note, &image, &why);
	if (r == COUNT_OK) {
		r = section_map(&image, &p->program, file, p->bias);
		fput(image.file);
		p->mapped = r == COUNT_OK;
		p->image_flags = image.flags;
		if (p->mapped)
			r = mapped;
	}
	count(r);
	say(no_image, r, why);
}

/* Whether it has a section, which is then the one that has the layer of the process. */
static bool serve_interpreter(struct primary *interpreter)
{
	struct elf64_hdr head;
	struct file *file = interpreter_find(&interpreter->bias);
	enum counter found = COUNT_NO_NOTE;
	loff_t at = 0;

	if (!file)
		return false;
	if (interpreter_is_plain(file))
		goto put;
	if (kernel_read(file, &head, sizeof head, &at) != sizeof head || !note_header(&head))
		goto put;
	found = note_read(file, &head, &interpreter->program);
	if (found == COUNT_NO_NOTE)
		interpreter_remember_plain(file);
	else
		serve(found, interpreter, file, COUNT_INTERPRETER);
put:
	fput(file);
	return found == COUNT_OK || found == COUNT_STAMPED;
}

/* ready: its stubs go to where they should. */
static void enforce(const struct linux_binprm *bprm, const struct primary *primary, bool ready)
{
	enum counter r = ready ? enforce_program(bprm, primary) : COUNT_ENFORCE;

	count(r);
	say("not enforced", r, NULL);
}

/*
 * Enforcement, if it can be: the program makes no call, or its stubs go on to the interpreter's section, and
 * the layer there sees to those that others leave elsewhere.
 */
static void enforce_interpreted(const struct linux_binprm *bprm, enum counter found,
                                const struct primary *program, const struct primary *interpreter)
{
	const unsigned long section = interpreter->program.note.address + interpreter->bias;

	if (!interpreter->mapped || !(interpreter->image_flags & SYSLAYER_IMAGE_ALL))
		return;
	if (found == COUNT_FORWARD)
		enforce(bprm, interpreter, section_join(&program->program, program->bias, section));
	else if (found == COUNT_NO_NOTE)
		enforce(bprm, interpreter, true);
}

static int load(struct linux_binprm *bprm)
{
	const struct elf64_hdr *head = (const void *)bprm->buf;
	struct primary own, interpreter;
	enum counter found;
	u64 entry;
	int r;

	if (!note_header(head))
		return -ENOEXEC;
	own.mapped = interpreter.mapped = false;
	found = note_read(bprm->file, head, &own.program);
	/* Nothing to be done here: as if we were not. */
	if (found != COUNT_OK && !own.program.interpreted) {
		count(found);
		say(no_image, found, NULL);
		return -ENOEXEC;
	}
	/* The header is in a buffer that is used again for the interpreter of a script. */
	entry = head->e_entry;
	r = stock->load_binary(bprm);
	if (r)
		return r;
	own.bias = auxiliary(AT_ENTRY) - entry;
	/* A process has one layer. Where there are no stubs in the file, one more is better than none. */
	if (own.program.interpreted && serve_interpreter(&interpreter) && found == COUNT_OK &&
	    own.program.stubs_size)
		found = COUNT_FORWARD;
	serve(found, &own, bprm->file, COUNT_EXECUTABLE);
	if (!enforce_wanted())
		return 0;
	if (own.program.interpreted)
		enforce_interpreted(bprm, found, &own, &interpreter);
	else if (own.mapped)
		enforce(bprm, &own, true);
	return 0;
}

static struct linux_binfmt format = {
    .module = THIS_MODULE,
    .load_binary = load,
};

/*
 * The kernel's handler is not exported, but whoever inserts a module is a program that it has
 * loaded. There is a second one, for 32-bit and x32 programs.
 */
static int find_stock(void)
{
	const struct mm_struct *mm = current->mm;

	if (!mm || !mm->binfmt || mm->task_size <= U32_MAX || mm->binfmt->module ||
	    !mm->binfmt->load_binary) {
		pr_err("syslayer: to be inserted by a 64-bit ELF program\n");
		return -EINVAL;
	}
	stock = mm->binfmt;
	return 0;
}

static int __init start(void)
{
	int r = find_stock();

	if (r)
		return r;
	r = image_start();
	if (r)
		return r;
	r = counters_add();
	if (r)
		goto stop_image;
	r = enforce_start();
	if (r)
		goto remove_counters;
	insert_binfmt(&format);
	return 0;
remove_counters:
	counters_remove();
stop_image:
	image_stop();
	return r;
}

static void __exit stop(void)
{
	unregister_binfmt(&format);
	enforce_stop();
	counters_remove();
	image_stop();
}

module_init(start);
module_exit(stop);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("syslayer: maps a stub image over the section .syscalls of programs");
MODULE_VERSION(SYSLAYER_VERSION);
