// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel module: /sys/kernel/debug/nomap, a file that can be written and read, and whose mmap fails. From
 * the first write to nomap-at-all on, so does what its process maps after it.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

static struct dentry *entry, *at_all;
static bool nothing;
static char content[1 << 20];

static ssize_t nomap_write(struct file *file, const char __user *from, size_t n, loff_t *at)
{
	ssize_t r = simple_write_to_buffer(content, sizeof content, at, from, n);

	if (r > 0)
		i_size_write(file_inode(file), *at);
	return r;
}

static ssize_t nomap_read_iter(struct kiocb *kiocb, struct iov_iter *to)
{
	size_t n = copy_to_iter(content + kiocb->ki_pos, sizeof content - kiocb->ki_pos, to);

	kiocb->ki_pos += n;
	return n;
}

static int nomap_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (nothing)
		current->signal->rlim[RLIMIT_AS].rlim_cur = 0;
	return -ENOMEM;
}

static ssize_t at_all_write(struct file *file, const char __user *from, size_t n, loff_t *at)
{
	nothing = true;
	return n;
}

static const struct file_operations nomap_operations = {
    .owner = THIS_MODULE,
    .write = nomap_write,
    .read_iter = nomap_read_iter,
    .mmap = nomap_mmap,
};

static const struct file_operations at_all_operations = {
    .owner = THIS_MODULE,
    .write = at_all_write,
};

static int __init nomap_start(void)
{
	entry = debugfs_create_file_unsafe("nomap", 0600, NULL, NULL, &nomap_operations);
	at_all = debugfs_create_file("nomap-at-all", 0200, NULL, NULL, &at_all_operations);
	return PTR_ERR_OR_ZERO(entry);
}

static void __exit nomap_stop(void)
{
	debugfs_remove(at_all);
	debugfs_remove(entry);
}

module_init(nomap_start);
module_exit(nomap_stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a file that cannot be mapped");
