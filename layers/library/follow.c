// SPDX-License-Identifier: BSD-2-Clause
/*
 * Under elfpatch run: the layer follows the program from exec to exec. What is executed is rewritten before,
 * by a process that stands outside (elfpatch/run/broker.c) and is asked here; and what the layer has in its
 * environment is handed on, whatever the program makes of its own. Whatever fails, the exec goes on as it
 * was.
 *
 * All of it is for children of vfork(2), too, which share this memory: nothing is changed in it.
 */
#include <linux/fcntl.h>
#include <linux/mman.h>
#include "ask.h"

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000 /* Linux 6.14 */
#endif
#define TRIES 100
/* Descriptors for the program that comes: the image, the channel, standard error. */
#define HANDED 3
#define ENTRY_SIZE 40

static int active;
/* What is handed on, strings one behind the other; most have little. */
static char few[512];
static char *settings;
static size_t settings_count;

static int begins(const char *s, const char *with)
{
	while (*with && *s == *with)
		s++, with++;
	return !*with;
}

static int is_hidden(const char *entry)
{
	return begins(entry, SYSLAYER_RUN_PREFIX) && !begins(entry, SYSLAYER_RUN_SEEN);
}

/* For this program alone. */
static int is_kept(const char *entry)
{
	return is_hidden(entry) && !begins(entry, SYSLAYER_RUN_IMAGE "=") &&
	       !begins(entry, SYSLAYER_RUN_AT "=") && !begins(entry, SYSLAYER_RUN_ERROR "=") &&
	       !begins(entry, SYSLAYER_RUN_KILLED "=");
}

/* The environment and what follows it on the initial stack (x86-64 psABI 3.4.1), without them. */
static void hide(char **environment)
{
	char **to = environment, **from = environment;
	unsigned long *auxv, *after;

	for (; *from; from++)
		if (!is_hidden(*from))
			*to++ = *from;
	*to++ = NULL;
	auxv = (unsigned long *)(from + 1);
	after = (unsigned long *)to;
	do {
		after[0] = auxv[0];
		after[1] = auxv[1];
		after += 2;
		auxv += 2;
	} while (auxv[-2]);
}

/* Copies, for programs write over the place of their environment (setproctitle(3)). */
static int keep(char *const *environment)
{
	size_t size = 0;
	char *at;

	for (char *const *e = environment; *e; e++)
		if (is_kept(*e))
			size += syslayer_length(*e) + 1;
	at = few;
	if (size > sizeof few) {
		at = (char *)syslayer_sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE,
		                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if ((unsigned long)at >= -4095UL)
			return -1;
	}
	settings = at;
	for (char *const *e = environment; *e; e++)
		if (is_kept(*e)) {
			size_t length = syslayer_length(*e) + 1;

			memcpy(at, *e, length);
			at += length;
			settings_count++;
		}
	return 0;
}

static const char *run_of(const struct syslayer_start *start)
{
	return start->secure ? NULL : syslayer_getenv(start, SYSLAYER_RUN);
}

int syslayer_handed_on(const char *value)
{
	int fd = 0;

	for (; *value >= '0' && *value <= '9' && fd < 1 << 24; value++)
		fd = fd * 10 + *value - '0';
	return syslayer_sys(__NR_fcntl, fd, F_SETFD, 1) < 0 ? 0 : fd; /* FD_CLOEXEC */
}

void syslayer_follow_first(const struct syslayer_start *start)
{
	const char *run = run_of(start), *at = syslayer_getenv(start, SYSLAYER_RUN_AT),
	           *error = syslayer_getenv(start, SYSLAYER_RUN_ERROR);

	if (run && error)
		syslayer_keep_first(error);
	if (run && *run != '-' && syslayer_length(run) >= SYSLAYER_RUN_LENGTH) {
		memcpy(syslayer_broker, run, SYSLAYER_RUN_LENGTH);
		if (at)
			syslayer_channel_start(at);
		syslayer_load_start(start);
	}
}

/* After the layer has read them. */
void syslayer_follow(const struct syslayer_start *start)
{
	char **environment = (char **)(start->stack + 1 + *start->stack + 1);
	const char *setting;

	syslayer_keep_last();
	if (!run_of(start) || keep(environment))
		return;
	setting = settings;
	active = 1;
	for (size_t i = 0; i < settings_count; i++, setting += syslayer_length(setting) + 1)
		if (*syslayer_broker && begins(setting, SYSLAYER_RUN "="))
			syslayer_cache = setting + sizeof SYSLAYER_RUN + SYSLAYER_RUN_LENGTH;
	hide(environment);
}

/* In its place, as other threads may be about to hand it on. */
void syslayer_ask_no_more(void)
{
	char *setting = settings;

	*syslayer_broker = 0;
	for (size_t i = 0; i < settings_count; i++, setting += syslayer_length(setting) + 1)
		if (begins(setting, SYSLAYER_RUN "="))
			memset(setting + sizeof SYSLAYER_RUN, '-', SYSLAYER_RUN_LENGTH);
}

/* Of strings that a program gives, most in few pages; one that cannot be read is the kernel's to refuse. */
#define READ_PAGES 4
struct reader {
	uintptr_t page[READ_PAGES];
	unsigned next;
};

static int can_read(struct reader *r, const char *p)
{
	uintptr_t page = (uintptr_t)p / SYSLAYER_PAGE;
	char c;

	for (unsigned i = 0; i < READ_PAGES; i++)
		if (r->page[i] == page)
			return 1;
	if (syslayer_peek(&c, p, 1) != 1)
		return 0;
	r->page[r->next++ % READ_PAGES] = page;
	return 1;
}

/* The value of an entry of this name, name with its "=", or 0. */
static const char *entry_value(struct reader *r, const char *entry, const char *name)
{
	for (; *name; entry++, name++)
		if (!can_read(r, entry) || *entry != *name)
			return NULL;
	return entry;
}

/* The number of entries, or -1 where the kernel will say EFAULT. */
static long count_entries(struct reader *r, char *const *list)
{
	long n = 0;

	if (!list)
		return 0;
	for (;; n++) {
		const char *entry = (const char *)(list + n);

		if (!can_read(r, entry) || !can_read(r, entry + sizeof *list - 1))
			return -1;
		if (!list[n])
			return n;
	}
}

/* Whether the program has given an entry of the same name. */
static int is_given(struct reader *r, char *const *list, long count, const char *setting)
{
	char name[64];
	size_t n = 0;

	while (setting[n] != '=' && n < sizeof name - 2)
		name[n] = setting[n], n++;
	name[n] = '=';
	name[n + 1] = 0;
	for (long i = 0; i < count; i++)
		if (entry_value(r, list[i], name))
			return 1;
	return 0;
}

#define PR_GET_TID_ADDRESS 40

/*
 * In a child of vfork(2) nobody comes back to give this stack free for its parent: the kernel does, which
 * clears a word when such a child leaves the memory (mm_release() in kernel/fork.c), if there is no other
 * word that it has to.
 */
static int give_free_at_exec(int give)
{
	unsigned long word = 1;
	char here;

	if (give && (syslayer_sys(__NR_prctl, PR_GET_TID_ADDRESS, &word) || word))
		return 0;
	for (struct stack *s = syslayer_stacks; s < syslayer_stacks + STACKS_MAX; s++)
		if (s->end && (unsigned long)(s->end - &here) < STACK_SIZE) {
			syslayer_sys(__NR_set_tid_address, give ? s->owner + 1 : NULL);
			return 1;
		}
	return 0;
}

static long make(const struct syslayer_call *c, int fd, char *const *environment)
{
	const long *a = c->argument;

	if (fd >= 0)
		return syslayer_sys(__NR_execveat, fd, "", a[2], environment, a[4]);
	if (c->number == __NR_execveat)
		return syslayer_sys(__NR_execveat, a[0], a[1], a[2], environment, a[4]);
	return syslayer_sys(__NR_execve, a[0], a[1], environment);
}

static long make_as_it_was(const struct syslayer_call *c)
{
	return make(c, -1, (char *const *)c->argument[c->number == __NR_execveat ? 3 : 2]);
}

/* Has what is going to be executed rewritten: descriptors, of what stands in for one that is given, and of
 * the image if it may be out of reach. */
static void ask_broker(const struct syslayer_call *c, const struct syslayer_search *s, int *descriptor)
{
	const long *a = c->argument;
	int at = c->number == __NR_execveat;
	int dir = at ? (int)a[0] : AT_FDCWD;
	const char *path = (const char *)a[at];
	long flags = at ? a[4] : 0, follow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	struct syslayer_answer answer = {0};
	char first = 0;
	long socket = -1;
	int given;

	syslayer_peek(&first, path, 1);
	given = !first && flags & AT_EMPTY_PATH;
	if (syslayer_is_settled(dir, path, flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), s))
		return;
	for (unsigned i = 0; i < TRIES; i++) {
		long file = given ? dir : syslayer_sys(__NR_openat, dir, path, O_PATH | O_CLOEXEC | follow);
		long r = -1;

		if (file < 0)
			break;
		if (socket < 0)
			socket = syslayer_socket();
		if (socket >= 0)
			r = syslayer_ask_broker(socket, file, given ? SYSLAYER_ASK_GIVEN : SYSLAYER_ASK_PATH,
			                        0, s, &answer, descriptor);
		if (!given)
			syslayer_sys(__NR_close, file);
		if (r || answer.what != SYSLAYER_ASK_AGAIN)
			break;
	}
	if (socket < 0)
		return;
	syslayer_sys(__NR_close, socket);
	syslayer_say(&answer);
}

/* The values that a dynamic linker will heed, as many of them as there is room for. */
static void find_search(struct reader *r, char *const *list, long count, struct syslayer_search *s,
                        size_t room)
{
	static const char names[2][24] = {"LD_LIBRARY_PATH=", "LD_PRELOAD="};

	s->size = 0;
	for (unsigned n = 0; n < 2; n++) {
		const char *found = NULL;

		for (long i = 0; i < count && !found; i++)
			found = entry_value(r, list[i], names[n]);
		for (; found && can_read(r, found) && *found && s->size < room - 2; found++)
			s->text[s->size++] = *found;
		s->text[s->size++] = 0;
	}
}

static void ask_in_peace(const struct syslayer_call *c, struct reader *r, char *const *list, long count,
                         int *descriptor)
{
	char text[SYSLAYER_ASK_MAX - sizeof(struct syslayer_ask)];
	struct syslayer_search s = {.text = text};
	unsigned long mask;

	find_search(r, list, count, &s, sizeof text);
	mask = syslayer_block();
	ask_broker(c, &s, descriptor);
	syslayer_unblock(mask);
}

/* A descriptor for the program that comes, where it is in nobody's way, and the entry that names it. */
static int hand_on(int fd, const char *name, char *entry)
{
	struct syslayer_text t;
	long high = syslayer_sys(__NR_fcntl, fd, F_DUPFD, 512);

	if (high < 0)
		high = syslayer_sys(__NR_fcntl, fd, F_DUPFD, 3);
	syslayer_text_init(&t, entry, ENTRY_SIZE - 1);
	syslayer_puts(&t, name);
	syslayer_putn(&t, (uint64_t)high, 0);
	*t.at = 0;
	return (int)high;
}

static long exec_in(const struct syslayer_call *c, struct reader *r, char *const *list, long count,
                    char **environment)
{
	int descriptor[SYSLAYER_DESCRIPTORS], handed[HANDED] = {-1, -1, -1}, given;
	const char *setting = settings;
	char entry[HANDED][ENTRY_SIZE],
	    killed[sizeof SYSLAYER_RUN_KILLED + SYSLAYER_FILTER_DIGITS + 1] = SYSLAYER_RUN_KILLED "=";
	long n, result;

	for (n = 0; n < count; n++)
		environment[n] = list[n];
	for (size_t i = 0; i < settings_count; i++, setting += syslayer_length(setting) + 1)
		if (!is_given(r, list, count, setting))
			environment[n++] = (char *)setting;
	for (unsigned i = 0; i < SYSLAYER_DESCRIPTORS; i++)
		descriptor[i] = -1;
	if (*syslayer_broker)
		ask_in_peace(c, r, list, count, descriptor);
	if (descriptor[SYSLAYER_IMAGE] >= 0) {
		if (!is_given(r, list, count, "SYSLAYER_IMAGE="))
			handed[0] = hand_on(descriptor[SYSLAYER_IMAGE], SYSLAYER_RUN_IMAGE "=", entry[0]);
		syslayer_sys(__NR_close, descriptor[SYSLAYER_IMAGE]);
	}
	if (*syslayer_broker && syslayer_channel_is_open())
		handed[1] = hand_on(syslayer_kept[1], SYSLAYER_RUN_AT "=", entry[1]);
	if (syslayer_kept_error() > 0)
		handed[2] = hand_on(syslayer_kept_error(), SYSLAYER_RUN_ERROR "=", entry[2]);
	for (unsigned i = 0; i < HANDED; i++)
		if (handed[i] >= 0)
			environment[n++] = entry[i];
	if (syslayer_filter_text(killed + sizeof SYSLAYER_RUN_KILLED))
		environment[n++] = killed;
	environment[n] = NULL;
	given = give_free_at_exec(1);
	result = make(c, descriptor[SYSLAYER_STAND_IN], environment);
	if (given)
		give_free_at_exec(0);
	if (descriptor[SYSLAYER_STAND_IN] >= 0)
		syslayer_sys(__NR_close, descriptor[SYSLAYER_STAND_IN]);
	for (unsigned i = 0; i < HANDED; i++)
		if (handed[i] >= 0)
			syslayer_sys(__NR_close, handed[i]);
	/* It was too much, perhaps by what is ours. */
	return result == -E2BIG ? make_as_it_was(c) : result;
}

/* As many as fit this stack; of one with more, a child of vfork leaves the memory to its parent. */
#define ON_STACK 2000
/* And what a filter kills for, and the end. */
#define ADDED (HANDED + 2)

static __attribute__((noinline)) long exec_on_stack(const struct syslayer_call *c, struct reader *r,
                                                    char *const *list, long count)
{
	char *environment[(size_t)count + settings_count + ADDED];

	return exec_in(c, r, list, count, environment);
}

static long exec_in_pages(const struct syslayer_call *c, struct reader *r, char *const *list, long count)
{
	size_t size = ((size_t)count + settings_count + ADDED) * sizeof *list;
	char **environment = (char **)syslayer_sys(__NR_mmap, 0, size, PROT_READ | PROT_WRITE,
	                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long result;

	if ((unsigned long)environment >= -4095UL)
		return make_as_it_was(c);
	result = exec_in(c, r, list, count, environment);
	syslayer_sys(__NR_munmap, environment, size);
	return result;
}

long syslayer_exec(const struct syslayer_call *c)
{
	int at = c->number == __NR_execveat;
	char *const *list = (char *const *)c->argument[at ? 3 : 2];
	struct reader r = {0};
	long count;

	if (!active || (at && c->argument[4] & AT_EXECVE_CHECK))
		return make_as_it_was(c);
	count = count_entries(&r, list);
	/* One of elfpatch run has its own. */
	if (count < 0 || is_given(&r, list, count, SYSLAYER_RUN "="))
		return make_as_it_was(c);
	if ((size_t)count + settings_count > ON_STACK)
		return exec_in_pages(c, &r, list, count);
	return exec_on_stack(c, &r, list, count);
}

int syslayer_follows(void)
{
	return active;
}
