// SPDX-License-Identifier: BSD-2-Clause
/* Who serves the section: an image that is mapped already, one to be mapped, or the native stubs. */
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <asm/unistd.h>
#include <syslayer/image.h>
#include <syslayer/run.h>
#include "primary.h"

/* entry-x86_64.S knows these by number. */
_Static_assert(sizeof(struct syslayer_added) == 176, "size of the block");
_Static_assert(offsetof(struct syslayer_added, section) == 104, "offset of section");
_Static_assert(offsetof(struct syslayer_added, entry) == 112, "offset of entry");
_Static_assert(sizeof(struct syslayer_image_header) == 48, "size of the image header");
_Static_assert(SYSLAYER_IMAGE_HEADER + offsetof(struct syslayer_image_header, ask) == SYSLAYER_IMAGE_ASK,
               "offset of ask");

void runtime_start(const long *stack);
void runtime_entry(void) __attribute__((visibility("hidden")));

/* The value of NAME=value, when entry begins with that name. */
static const char *value_of(const char *entry, const char *name)
{
	while (*name && *entry == *name)
		entry++, name++;
	return !*name && *entry == '=' && entry[1] ? entry + 1 : NULL;
}

static int number(const char *s)
{
	int n = 0;

	for (; *s >= '0' && *s <= '9' && n < 100000000; s++)
		n = 10 * n + (*s - '0');
	return n;
}

static void read_stack(struct context *c, const long *stack)
{
	const char *const *env = (const char *const *)(stack + 1 + stack[0] + 1);
	const char *const *end = env;

	while (*end)
		end++;
	c->stack = stack;
	for (Elf64_auxv_t *a = (Elf64_auxv_t *)(uintptr_t)(end + 1); a->a_type != AT_NULL; a++) {
		switch (a->a_type) {
		case AT_EXECFN:
			c->execfn = (const char *)a->a_un.a_val;
			break;
		case AT_PHDR:
			c->phdr = (const Elf64_Phdr *)a->a_un.a_val;
			break;
		case AT_PHNUM:
			c->phnum = a->a_un.a_val;
			break;
		case AT_ENTRY:
			/* By it ld.so tells whether it is run as a program; debuggers know others by it. */
			if (runtime_block.linker && a->a_un.a_val == (uint64_t)runtime_entry)
				a->a_un.a_val = (uint64_t)block_address(runtime_block.entry);
			break;
		case AT_SECURE:
			c->secure = a->a_un.a_val;
			break;
		}
	}
	if (c->secure)
		return;
	for (; *env; env++) {
		const char *v;

		if ((v = value_of(*env, "SYSLAYER_IMAGE")))
			c->image = v;
		else if ((v = value_of(*env, SYSLAYER_RUN_IMAGE)))
			c->image_fd = number(v);
		else if ((v = value_of(*env, SYSLAYER_RUN_KILLED)))
			c->killed = v;
		else if (value_of(*env, "SYSLAYER_VERBOSE"))
			c->verbose = 1;
	}
}

void runtime_say(const struct context *c, const char *what, const char *why)
{
	const char *part[] = {"syslayer: ", c->execfn ? c->execfn : "?", ": ", what, what ? ": " : NULL, why,
	                      "\n"};
	char line[1024];
	size_t n = 0;

	/* One write, so that lines of several programs do not mix; the last byte stays for the newline. */
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		for (const char *s = part[i]; s && *s && n < sizeof line - (*s != '\n'); s++)
			line[n++] = *s;
	SYSCALL(__NR_write, 2, line, n, 0, 0, 0);
}

static __attribute__((noreturn)) void stop(const struct context *c, const char *what, const char *why)
{
	runtime_say(c, what, why);
	for (;;)
		SYSCALL(__NR_exit_group, 127, 0, 0, 0, 0, 0);
}

static void call_init(const struct context *c, const char *section)
{
	const struct syslayer_image_header *h = syslayer_image_header(section);
	const struct syslayer_start start = {
	    .size = sizeof start,
	    .secure = !!c->secure,
	    .stack = c->stack,
	    .section = (void *)section,
	    .section_size = runtime_block.note.size,
	};

	if (h->init)
		((void (*)(const struct syslayer_start *))(section + h->init))(&start);
}

/* The stubs of a program that ld.so starts, which go on to the primary section. */
static bool is_forward(const char *section)
{
	return syslayer_image_magic(section) &&
	       syslayer_image_header(section)->flags & SYSLAYER_IMAGE_FORWARD;
}

/* What they noted down before the program was entered; a layer finds its state zeroed. */
static void forget(char *section)
{
	char *state = section + syslayer_image_header(section)->size;

	for (size_t i = 0; i < syslayer_image_header(section)->state; i++)
		if (state[i])
			state[i] = 0;
}

/* A program's entry point; stack is as the kernel made it (x86-64 psABI 3.4.1). */
void runtime_start(const long *stack)
{
	struct context c = {0};
	const char *section = block_address(runtime_block.section);
	const char *why = NULL, *path = NULL;
	char buffer[512];
	bool forward;

	read_stack(&c, stack);
	forward = is_forward(section);
	if (forward) {
		/* Who has set it has seen to the rest. */
		const char *primary = *(const char *const *)(section + syslayer_image_header(section)->size);

		if (!primary)
			primary = primary_section();
		if (primary && primary != section)
			return;
		forget((char *)section);
	}
	if (forward || !syslayer_image_magic(section)) {
		why = runtime_map_image(&c, &path, buffer, sizeof buffer);
		if (why && runtime_block.note.flags & SYSLAYER_NOTE_REQUIRED)
			stop(&c, path, why);
		if (why && path && c.verbose)
			runtime_say(&c, path, why);
		/* A mapping that failed may have removed what was there. */
		if (why && !syslayer_image_magic(section) && runtime_map_native(&c))
			stop(&c, NULL, "the native stubs cannot be mapped");
	} else if (c.image && c.verbose) {
		/* The kernel's choice, or that of who stamped the program. */
		runtime_say(&c, c.image, "refused: there is an image in the section already");
	}
	call_init(&c, section);
}
