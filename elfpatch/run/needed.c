// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program may load, by its own words: DT_NEEDED, in the folders of DT_RPATH, DT_RUNPATH,
 * LD_LIBRARY_PATH and the dynamic linker's own. Its linker is not asked, as it is whoever asks that has it,
 * and others' programs are not to be run here. So no rule says which of several files it will be: a file too
 * many does no harm, and all are taken.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "broker.h"
#include "closure.h"

static const char *const folders[] = {
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    "/usr/local/lib",
};
static const char *const variants[] = {"", "/glibc-hwcaps/x86-64-v4", "/glibc-hwcaps/x86-64-v3",
                                       "/glibc-hwcaps/x86-64-v2"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct walk {
	struct need *need;
	struct paths folders, files; /* files: names that have been looked for */
	struct seen {
		dev_t device;
		ino_t inode;
	} * seen;
	size_t count;
};

/* 1: it is new; 0; or -1 (no memory). */
static int is_new(struct walk *w, int fd)
{
	struct stat st;
	struct seen *more;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	for (size_t i = 0; i < w->count; i++)
		if (w->seen[i].device == st.st_dev && w->seen[i].inode == st.st_ino)
			return 0;
	more = realloc(w->seen, (w->count + 1) * sizeof *more);
	if (!more)
		return -1;
	w->seen = more;
	w->seen[w->count++] = (struct seen){st.st_dev, st.st_ino};
	return 1;
}

/* An ELF file in memory. */
struct file {
	const char *bytes;
	size_t size;
	const Elf64_Phdr *phdr;
	size_t count;
};

static int map(struct file *f, int fd)
{
	const Elf64_Ehdr *eh;
	struct stat st;

	if (fstat(fd, &st) || (size_t)st.st_size < sizeof *eh)
		return -1;
	f->size = (size_t)st.st_size;
	f->bytes = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (f->bytes == MAP_FAILED)
		return -1;
	eh = (const void *)f->bytes;
	if (!memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	    eh->e_machine == EM_X86_64 && eh->e_phentsize == sizeof *f->phdr && eh->e_phoff < f->size &&
	    eh->e_phnum <= (f->size - eh->e_phoff) / sizeof *f->phdr && eh->e_phoff % 8 == 0) {
		f->phdr = (const void *)(f->bytes + eh->e_phoff);
		f->count = eh->e_phnum;
		return 0;
	}
	munmap((void *)f->bytes, f->size);
	return -1;
}

/* What stands at an address in memory, a string with its end in the file; or NULL. */
static const char *text_at(const struct file *f, uint64_t address)
{
	for (size_t i = 0; i < f->count; i++) {
		const Elf64_Phdr *ph = f->phdr + i;
		uint64_t offset = address - ph->p_vaddr;

		if (ph->p_type != PT_LOAD || offset >= ph->p_filesz || ph->p_offset >= f->size ||
		    offset >= f->size - ph->p_offset)
			continue;
		offset += ph->p_offset;
		return memchr(f->bytes + offset, 0, f->size - offset) ? f->bytes + offset : NULL;
	}
	return NULL;
}

/* Calls for each entry of the dynamic section whose value is a string. */
static int each_entry(const struct file *f, int (*call)(void *context, int64_t tag, const char *text),
                      void *context)
{
	const Elf64_Dyn *d = NULL;
	uint64_t strings = 0;
	size_t count = 0;
	int result = 0;

	for (size_t i = 0; i < f->count; i++)
		if (f->phdr[i].p_type == PT_DYNAMIC && f->phdr[i].p_offset < f->size &&
		    f->phdr[i].p_offset % 8 == 0) {
			size_t room = f->size - f->phdr[i].p_offset;

			d = (const void *)(f->bytes + f->phdr[i].p_offset);
			count = (f->phdr[i].p_filesz < room ? f->phdr[i].p_filesz : room) / sizeof *d;
		}
	for (size_t i = 0; i < count && d[i].d_tag != DT_NULL; i++)
		if (d[i].d_tag == DT_STRTAB)
			strings = d[i].d_un.d_ptr;
	for (size_t i = 0; i < count && d[i].d_tag != DT_NULL && !result; i++) {
		const char *text;

		if (d[i].d_tag != DT_NEEDED && d[i].d_tag != DT_RPATH && d[i].d_tag != DT_RUNPATH)
			continue;
		text = text_at(f, strings + d[i].d_un.d_val);
		if (text)
			result = call(context, d[i].d_tag, text);
	}
	return result;
}

static int is_search(void *context, int64_t tag, const char *text)
{
	(void)context;
	(void)text;
	return tag != DT_NEEDED;
}

bool has_own_search(int fd)
{
	struct file f;
	bool result;

	/* What cannot be read here is looked at more closely. */
	if (map(&f, fd))
		return true;
	result = each_entry(&f, is_search, NULL);
	munmap((void *)f.bytes, f.size);
	return result;
}

/* A list of folders, with $ORIGIN and $LIB, as in ld.so(8). */
static int add_folders(struct walk *w, const char *list, const char *origin)
{
	while (*list) {
		size_t length = strcspn(list, ":;"), n = 0;
		char folder[PATH_MAX];

		for (size_t i = 0; i < length && n < sizeof folder - 1;) {
			static const char *const tokens[] = {"$ORIGIN", "${ORIGIN}", "$LIB", "${LIB}"};
			size_t t = 0;

			while (t < COUNT(tokens) && strncmp(list + i, tokens[t], strlen(tokens[t])) != 0)
				t++;
			if (t == COUNT(tokens)) {
				folder[n++] = list[i++];
				continue;
			}
			n += (size_t)snprintf(folder + n, sizeof folder - n, "%s",
			                      t < 2 ? origin : "lib/x86_64-linux-gnu");
			i += strlen(tokens[t]);
		}
		if (length && n < sizeof folder - 1) {
			folder[n] = 0;
			w->need->searched = true;
			if (paths_add(&w->folders, folder, ROLE_LIBRARY))
				return -1;
		}
		list += length + !!list[length];
	}
	return 0;
}

struct entries {
	struct walk *w;
	char origin[PATH_MAX];
};

static int read_entry(void *context, int64_t tag, const char *text)
{
	struct entries *o = context;

	return tag == DT_NEEDED ? paths_add(&o->w->files, text, ROLE_LIBRARY)
	                        : add_folders(o->w, text, o->origin);
}

/* By the name that it has in this view. */
static void find_origin(const struct walk *w, int fd, char *origin)
{
	char number[16], *slash;
	ssize_t n;

	snprintf(number, sizeof number, "%d", fd);
	n = readlinkat(w->need->names, number, origin, PATH_MAX - 1);
	origin[n < 0 ? 0 : n] = 0;
	slash = strrchr(origin, '/');
	if (slash)
		*slash = 0;
}

static int visit(struct walk *w, int fd, bool program)
{
	struct entries o = {.w = w};
	char path[64];
	struct file f;
	int result = is_new(w, fd), readable;

	if (result <= 0)
		return result;
	result = w->need->call(w->need, fd, program);
	snprintf(path, sizeof path, "%d", fd);
	readable = openat(w->need->names, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (result < 0 || readable < 0)
		return result;
	find_origin(w, fd, o.origin);
	if (!map(&f, readable)) {
		if (each_entry(&f, read_entry, &o))
			result = -1;
		munmap((void *)f.bytes, f.size);
	}
	close(readable);
	return result;
}

static int visit_path(struct walk *w, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), result;

	if (fd < 0)
		return 0;
	result = visit(w, fd, false);
	close(fd);
	return result;
}

static int look_for(struct walk *w, const char *folder, const char *name)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(variants); i++) {
		if (snprintf(path, sizeof path, "%s%s/%s", folder, variants[i], name) < (int)sizeof path &&
		    visit_path(w, path) < 0)
			return -1;
	}
	return 0;
}

/* Each library in each folder, the lists growing meanwhile. */
static int visit_libraries(struct walk *w)
{
	size_t folders_done = 0, files_done = 0;

	while (folders_done < w->folders.count || files_done < w->files.count) {
		size_t folders_now = w->folders.count, files_now = w->files.count;

		for (size_t i = 0; i < files_now; i++) {
			const char *name = w->files.p[i].name;

			if (strchr(name, '/')) {
				if (i >= files_done && visit_path(w, name) < 0)
					return -1;
				continue;
			}
			for (size_t j = i < files_done ? folders_done : 0; j < folders_now; j++)
				if (look_for(w, w->folders.p[j].name, name))
					return -1;
		}
		folders_done = folders_now;
		files_done = files_now;
	}
	return 0;
}

static int add_preloads(struct walk *w, const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ": ");
		char name[PATH_MAX];

		if (length && length < sizeof name) {
			memcpy(name, list, length);
			name[length] = 0;
			w->need->searched = true;
			if (paths_add(&w->files, name, ROLE_LIBRARY))
				return -1;
		}
		list += length + !!list[length];
	}
	return 0;
}

/* A root in which nothing is in place yet: all that its programs may want later. */
static int visit_system(struct walk *w)
{
	struct paths system = {0};
	int result = system_files(&system);

	for (size_t i = 0; i < system.count && !result; i++)
		if (system.p[i].role == ROLE_SYSTEM && visit_path(w, system.p[i].name) < 0)
			result = -1;
	paths_free(&system);
	return result;
}

static int visit_dynamic(struct walk *w, const char *interpreter)
{
	const char *search = w->need->search, *preload = memchr(search, 0, w->need->search_size);
	int result;

	for (size_t i = 0; i < COUNT(folders); i++)
		if (paths_add(&w->folders, folders[i], ROLE_LIBRARY))
			return -1;
	if (preload && (add_folders(w, search, "") || add_preloads(w, preload + 1)))
		return -1;
	result = visit_path(w, interpreter);
	if (result < 0 || (result && visit_system(w)))
		return -1;
	return visit_libraries(w);
}

/* As the kernel: interpreters of scripts may be scripts, 4 deep. */
#define SCRIPTS_MAX 5

static int visit_program(struct walk *w, int program)
{
	int fd = fcntl(program, F_DUPFD_CLOEXEC, 3), result = 0;

	for (unsigned i = 0; i < SCRIPTS_MAX && fd >= 0 && result >= 0; i++) {
		char path[64];
		struct start s = {.kind = START_OTHER};
		int readable, next = -1;

		snprintf(path, sizeof path, "%d", fd);
		readable = openat(w->need->names, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (readable >= 0) {
			find_start_fd(readable, &s);
			close(readable);
		}
		if (s.kind == START_SCRIPT)
			next = open(s.interpreter, O_PATH | O_CLOEXEC);
		else
			result = visit(w, fd, true);
		if (result >= 0 && s.kind == START_DYNAMIC)
			result = visit_dynamic(w, s.interpreter);
		close(fd);
		fd = next;
	}
	if (fd >= 0)
		close(fd);
	return result < 0 ? -1 : 0;
}

int need_all(struct need *n, int program)
{
	struct walk w = {.need = n};
	int result = visit_program(&w, program);

	paths_free(&w.folders);
	paths_free(&w.files);
	free(w.seen);
	return result;
}
