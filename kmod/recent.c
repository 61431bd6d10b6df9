// SPDX-License-Identifier: GPL-2.0-only
/*
 * The images that were opened last are held open for a tenth of a second: of many programs that are
 * started one after the other, one walks to the file. What happens to the file itself shows in its inode
 * at once, also that another one has taken its name. What changes on the way to it (a symbolic link, a
 * directory, a mount) is seen when it is opened anew.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "kmod.h"

#define WHILE (HZ / 10)

struct recent {
	char *name; /* NULL: none */
	struct file *file;
	struct timespec64 changed;
	loff_t size;
	char head[SYSLAYER_IMAGE_HEAD];
};

/* The parameter's, and one of the directory. */
static struct recent recent[2];
static unsigned int oldest;
static DEFINE_SPINLOCK(lock);

static void let_go(struct recent r)
{
	if (!r.name)
		return;
	fput(r.file);
	kfree(r.name);
}

static void let_all_go(struct work_struct *work)
{
	for (int i = 0; i < ARRAY_SIZE(recent); i++) {
		struct recent r;

		spin_lock(&lock);
		r = recent[i];
		recent[i].name = NULL;
		spin_unlock(&lock);
		let_go(r);
	}
}
static DECLARE_DELAYED_WORK(later, let_all_go);

/* Deleted, replaced, written to, or other rights: its ctime is another. */
static bool is_as_it_was(const struct recent *r)
{
	const struct inode *inode = file_inode(r->file);
	const struct timespec64 changed = inode_get_ctime(inode);

	return inode->i_nlink && timespec64_equal(&r->changed, &changed) && r->size == i_size_read(inode);
}

struct file *recent_find(const char *name, char head[SYSLAYER_IMAGE_HEAD])
{
	struct file *file = NULL;

	spin_lock(&lock);
	for (int i = 0; i < ARRAY_SIZE(recent) && !file; i++) {
		const struct recent *r = recent + i;

		if (!r->name || strcmp(r->name, name) || !is_as_it_was(r))
			continue;
		file = get_file(r->file);
		memcpy(head, r->head, sizeof r->head);
	}
	spin_unlock(&lock);
	return file;
}

void recent_remember(char *name, struct file *file, struct timespec64 changed,
                     const char head[SYSLAYER_IMAGE_HEAD])
{
	struct recent *r, before;

	spin_lock(&lock);
	r = recent;
	while (r < recent + ARRAY_SIZE(recent) && (!r->name || strcmp(r->name, name)))
		r++;
	if (r == recent + ARRAY_SIZE(recent))
		r = recent + oldest++ % ARRAY_SIZE(recent);
	before = *r;
	r->name = name;
	r->file = get_file(file);
	r->changed = changed;
	r->size = i_size_read(file_inode(file));
	memcpy(r->head, head, sizeof r->head);
	spin_unlock(&lock);
	let_go(before);
	schedule_delayed_work(&later, WHILE);
}

void recent_stop(void)
{
	cancel_delayed_work_sync(&later);
	let_all_go(NULL);
}
