// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the image for a program. It is opened by its name, with root's rights and in init's root
 * directory: so chroots and mount namespaces get it, users cannot choose, and an upgrade by rename
 * is seen at once.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "kmod.h"

static struct cred *root_credentials;

static bool is_roots(const struct inode *inode)
{
	return uid_eq(inode->i_uid, GLOBAL_ROOT_UID) && !(inode->i_mode & (S_IWGRP | S_IWOTH));
}

static enum counter check_file(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	const struct path *path = &file->f_path;
	struct dentry *directory;
	bool trusted;

	if (!S_ISREG(inode->i_mode))
		return COUNT_IMAGE_KIND;
	directory = dget_parent(path->dentry);
	trusted = is_roots(inode) && is_roots(d_inode(directory));
	dput(directory);
	if (!trusted)
		return COUNT_IMAGE_OWNER;
	if (path->mnt->mnt_flags & MNT_NOEXEC || path->mnt->mnt_sb->s_iflags & SB_I_NOEXEC)
		return COUNT_IMAGE_NOEXEC;
	return COUNT_OK;
}

/* Whether it is what it should be, and fits; the size that is to be mapped is left in *image. */
static enum counter check(struct image *image, const char *head, const struct syslayer_note *note,
                          const char **why)
{
	enum counter r = check_file(image->file);

	if (r != COUNT_OK)
		return r;
	*why = syslayer_image_check(head, i_size_read(file_inode(image->file)), note);
	if (!*why) {
		image->size = syslayer_image_header(head)->size;
		image->flags = syslayer_image_header(head)->flags;
		return COUNT_OK;
	}
	/* The one that a user can do something about has a counter of its own. */
	return strcmp(*why, counter_text(COUNT_ABI_VERSION)) ? COUNT_IMAGE_FORM : COUNT_ABI_VERSION;
}

/* Opens it, and reads its first bytes; what a short file lacks is 0, and no image. The name is given away. */
static struct file *open(char *name, char *head)
{
	struct timespec64 changed;
	struct file *file;
	struct path root;
	loff_t at = 0;
	ssize_t n;

	get_fs_root(init_task.fs, &root);
	/* O_NONBLOCK: a FIFO must not stop the program here. */
	file = file_open_root(&root, name, O_RDONLY | O_LARGEFILE | O_NONBLOCK | O_NOCTTY, 0);
	path_put(&root);
	if (IS_ERR(file) || !S_ISREG(file_inode(file)->i_mode))
		goto free;
	/* Before it is read: who changes it meanwhile changes this. */
	changed = inode_get_ctime(file_inode(file));
	memset(head, 0, SYSLAYER_IMAGE_HEAD);
	n = kernel_read(file, head, SYSLAYER_IMAGE_HEAD, &at);
	if (n >= 0) {
		recent_remember(name, file, changed, head);
		return file;
	}
	fput(file);
	file = ERR_PTR(n);
free:
	kfree(name);
	return file;
}

/* The name is given to kfree(). */
static enum counter get(char *name, const struct syslayer_note *note, struct image *image, const char **why)
{
	char head[SYSLAYER_IMAGE_HEAD] __aligned(8);
	enum counter r;

	*why = NULL;
	if (!name)
		return COUNT_NO_FILE;
	image->file = recent_find(name, head);
	if (image->file)
		kfree(name);
	else
		image->file = open(name, head);
	if (IS_ERR(image->file))
		return PTR_ERR(image->file) == -ENOENT ? COUNT_NO_FILE : COUNT_OPEN;
	r = check(image, head, note, why);
	if (r != COUNT_OK)
		fput(image->file);
	return r;
}

enum counter image_find(const struct syslayer_note *note, struct image *image, const char **why)
{
	const struct cred *own = override_creds(root_credentials);
	const char *why_not;
	enum counter r, second;

	r = get(parameter_image(), note, image, why);
	if (r != COUNT_OK) {
		second = get(parameter_directory(note->abi), note, image, &why_not);
		if (second != COUNT_NO_FILE) {
			r = second;
			*why = why_not;
		}
	}
	revert_creds(own);
	return r;
}

int image_start(void)
{
	root_credentials = prepare_kernel_cred(&init_task);
	return root_credentials ? 0 : -ENOMEM;
}

void image_stop(void)
{
	recent_stop();
	put_cred(root_credentials);
}
