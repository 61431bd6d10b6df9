// SPDX-License-Identifier: GPL-2.0-only
/* Where images are: parameters of the module, which root may write while it is loaded. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kmod.h"

static char image[PATH_MAX];
static char directory[PATH_MAX] = SYSLAYER_DIRECTORY;
static DEFINE_MUTEX(paths_lock);

static int set(const char *value, const struct kernel_param *parameter)
{
	size_t n = value ? strcspn(value, "\n") : 0;

	/* Relative to whom? */
	if (n && *value != '/')
		return -EINVAL;
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	mutex_lock(&paths_lock);
	memcpy(parameter->arg, value, n);
	((char *)parameter->arg)[n] = 0;
	mutex_unlock(&paths_lock);
	return 0;
}

static int get(char *page, const struct kernel_param *parameter)
{
	int n;

	mutex_lock(&paths_lock);
	n = scnprintf(page, PAGE_SIZE, "%s\n", (const char *)parameter->arg);
	mutex_unlock(&paths_lock);
	return n;
}

static const struct kernel_param_ops path_ops = {.set = set, .get = get};

module_param_cb(image, &path_ops, image, 0644);
MODULE_PARM_DESC(image, "default image: an absolute path, for the programs that it fits");
module_param_cb(directory, &path_ops, directory, 0644);
MODULE_PARM_DESC(directory, "where images are, ABI.img each: an absolute path (" SYSLAYER_DIRECTORY ")");

char *parameter_image(void)
{
	char *r = NULL;

	mutex_lock(&paths_lock);
	if (*image)
		r = kstrdup(image, GFP_KERNEL);
	mutex_unlock(&paths_lock);
	return r;
}

/* For each program that is started: a formatting function takes longer than the look-up. */
char *parameter_directory(const char *abi)
{
	size_t d, n = strlen(abi);
	char *r = NULL;

	mutex_lock(&paths_lock);
	d = strlen(directory);
	if (d)
		r = kmalloc(d + 1 + n + sizeof ".img", GFP_KERNEL);
	if (r) {
		memcpy(r, directory, d);
		r[d] = '/';
		memcpy(r + d + 1, abi, n);
		memcpy(r + d + 1 + n, ".img", sizeof ".img");
	}
	mutex_unlock(&paths_lock);
	return r;
}
