// SPDX-License-Identifier: GPL-2.0-only
/* The counters, a file each, a directory a group. */
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include "counters.h"

static atomic_long_t counts[COUNT_OK];

void count(enum counter which)
{
	atomic_long_inc(&counts[which]);
}

static const char *const texts[] = {
#define COUNTER(constant, group, name, text) text,
    SYSLAYER_COUNTERS(COUNTER)
#undef COUNTER
};

const char *counter_text(enum counter which)
{
	return texts[which];
}

struct counter_file {
	struct kobj_attribute attribute;
	enum counter which;
};

static ssize_t show(struct kobject *kobject, struct kobj_attribute *attribute, char *page)
{
	const struct counter_file *f = container_of(attribute, struct counter_file, attribute);

	return sysfs_emit(page, "%ld\n", atomic_long_read(&counts[f->which]));
}

/* Two groups have no name in common, so the name alone tells the files apart. */
#define COUNTER(constant, group, name, text)                                                                 \
	static struct counter_file file_##name = {__ATTR(name, 0444, show, NULL), COUNT_##constant};
SYSLAYER_COUNTERS(COUNTER)
#undef COUNTER

enum group { mapped, not_ours, no_image, refused, failed, GROUPS };

static struct attribute *attributes[GROUPS][COUNT_OK + 1];
static const struct attribute_group groups[GROUPS] = {
    [mapped] = {.name = "mapped", .attrs = attributes[mapped]},
    [not_ours] = {.name = "not_ours", .attrs = attributes[not_ours]},
    [no_image] = {.name = "no_image", .attrs = attributes[no_image]},
    [refused] = {.name = "refused", .attrs = attributes[refused]},
    [failed] = {.name = "failed", .attrs = attributes[failed]},
};

static struct kobject *directory;

static void add(enum group group, struct counter_file *file)
{
	struct attribute **a = attributes[group];

	while (*a)
		a++;
	sysfs_attr_init(&file->attribute.attr);
	*a = &file->attribute.attr;
}

int counters_add(void)
{
	int r = 0;

	directory = kobject_create_and_add("syslayer", kernel_kobj);
	if (!directory)
		return -ENOMEM;
#define COUNTER(constant, group, name, text) add(group, &file_##name);
	SYSLAYER_COUNTERS(COUNTER)
#undef COUNTER
	for (int i = 0; i < GROUPS && !r; i++)
		r = sysfs_create_group(directory, &groups[i]);
	if (r)
		counters_remove();
	return r;
}

void counters_remove(void)
{
	/* Groups go with their directory. */
	kobject_put(directory);
}
