// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program that says what it finds of the runtime: probe WORD..., one line a word. It takes
 * nothing for granted: /proc, descriptors and stack may be missing.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <syslayer/image.h>

static const struct syslayer_note *note;
static const char *section;

/* The executable's note; its PT_NOTE may hold others. */
static int find_note(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size, (void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *ph = info->dlpi_phdr + i;
		const struct syslayer_added *added = (const void *)(info->dlpi_addr + ph->p_vaddr);

		if (ph->p_type != PT_NOTE || ph->p_memsz < 24 + sizeof *note ||
		    memcmp(added->name, SYSLAYER_NOTE_NAME, SYSLAYER_NOTE_NAME_LEN) != 0)
			continue;
		note = &added->note;
		section = (const char *)info->dlpi_addr + note->address;
	}
	return 1;
}

/* A site of our own, so that whoever serves is really used; the C library's may be elsewhere. */
static long my_pid(void)
{
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getpid) : "rcx", "r11", "memory");
	return result;
}

static void say_who(void)
{
	const struct syslayer_image_names *n = syslayer_image_names(section);

	printf("%.16s %s\n", syslayer_image_magic(section) ? n->layer : "nobody",
	       my_pid() == getpid() ? "works" : "fails");
}

/* What stands over the slots: the file's name, or nothing for a copy. */
static void say_where(void)
{
	char line[8192], permissions[8], path[4096];
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof line, f)) {
		*path = 0;
		if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %4095[^\n]", &start, &end, permissions, path) >=
		        3 &&
		    start <= (unsigned long)section && (unsigned long)section < end)
			printf("%s %s\n", permissions, path);
	}
	if (f)
		fclose(f);
	else
		puts("no /proc");
}

static void say_rest(void)
{
	const struct syslayer_image_header *h = syslayer_image_header(section);
	const char *rest = section + SYSLAYER_SLOTS_SIZE, *end = section + note->size;

	/* What goes on to another's section is larger, and notes down which. */
	if (h->flags & SYSLAYER_IMAGE_FORWARD)
		rest = section + h->size + h->state;

	while (rest < end && !*rest)
		rest++;
	puts(rest == end ? "zero" : "not zero");
}

int main(int argc, char **argv)
{
	dl_iterate_phdr(find_note, NULL);
	if (!note) {
		puts("no note");
		return 1;
	}
	if (argc <= 1 || !*argv[0])
		say_who();
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "who"))
			say_who();
		else if (!strcmp(argv[i], "where"))
			say_where();
		else if (!strcmp(argv[i], "rest"))
			say_rest();
		else if (!strcmp(argv[i], "open"))
			dprintf(1, "%d\n", open(argv[0], O_RDONLY));
		else if (!strcmp(argv[i], "descriptor")) {
			int fd = open("/", O_RDONLY);

			/* Standard output may be closed: the exit status has the answer. */
			return fd < 0 ? 99 : fd;
		} else if (!strcmp(argv[i], "secure"))
			printf("%lu\n", getauxval(AT_SECURE));
	}
	return 0;
}
