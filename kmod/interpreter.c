// SPDX-License-Identifier: GPL-2.0-only
/* The interpreter of a program that has just been loaded. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include "kmod.h"

unsigned long auxiliary(unsigned long type)
{
	const unsigned long *a = current->mm->saved_auxv;

	for (int i = 0; i + 1 < AT_VECTOR_SIZE && a[i] != AT_NULL; i += 2)
		if (a[i] == type)
			return a[i + 1];
	return 0;
}

struct file *interpreter_find(unsigned long *bias)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct file *file = NULL;

	*bias = auxiliary(AT_BASE);
	if (!*bias)
		return NULL;
	mmap_read_lock(mm);
	vma = find_vma(mm, *bias);
	if (vma && vma->vm_start <= *bias && vma->vm_file)
		file = get_file(vma->vm_file);
	mmap_read_unlock(mm);
	return file;
}

/* What tells one state of one file from any other; the pointer is compared, never followed. */
struct identity {
	const struct inode *inode;
	unsigned long number;
	struct timespec64 changed;
	loff_t size;
};

static struct identity plain[4];
static unsigned int oldest;
static DEFINE_SPINLOCK(plain_lock);

static struct identity identify(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	struct identity id;

	id.inode = inode;
	id.number = inode->i_ino;
	id.changed = inode_get_ctime(inode);
	id.size = i_size_read(inode);
	return id;
}

static bool same(const struct identity *a, const struct identity *b)
{
	return a->inode == b->inode && a->number == b->number && timespec64_equal(&a->changed, &b->changed) &&
	       a->size == b->size;
}

bool interpreter_is_plain(const struct file *file)
{
	const struct identity id = identify(file);
	bool found = false;

	spin_lock(&plain_lock);
	for (int i = 0; i < ARRAY_SIZE(plain) && !found; i++)
		found = same(plain + i, &id);
	spin_unlock(&plain_lock);
	return found;
}

void interpreter_remember_plain(const struct file *file)
{
	spin_lock(&plain_lock);
	plain[oldest++ % ARRAY_SIZE(plain)] = identify(file);
	spin_unlock(&plain_lock);
}
