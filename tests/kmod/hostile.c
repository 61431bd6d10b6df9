// SPDX-License-Identifier: BSD-2-Clause
/*
 * hostile: starts copies of itself whose note and program headers are wrong in each way there
 * is. However wrong they are: a copy runs, and if it has an image then where its section was.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <syslayer/abi.h>

#define COPY "/tmp/t/copy"

/* What a copy exits with; or what is expected of it: not to be mapped elsewhere, if it runs at all. */
enum { UNMAPPED = 40, MAPPED = 41, ELSEWHERE = 42, ANYTHING = 43 };

static char *file;
static size_t size;
static Elf64_Phdr *note_phdr;
static struct syslayer_note *note;
static struct syslayer_note original;

/* In the copy: where is there an image? */
static int look(unsigned long start, unsigned long end)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long first, last;
	char line[512];
	int r = UNMAPPED;

	while (f && fgets(line, sizeof line, f)) {
		if (!strstr(line, ".img") || sscanf(line, "%lx-%lx", &first, &last) != 2)
			continue;
		if (r == ELSEWHERE || first < start || last > end || !strstr(line, " r-xp "))
			r = ELSEWHERE;
		else
			r = MAPPED;
	}
	return f ? r : 1;
}

static void read_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		exit(99);
	size = (size_t)st.st_size;
	file = malloc(size);
	if (!file || read(fd, file, size) != st.st_size)
		exit(99);
	close(fd);
	const Elf64_Ehdr *e = (const void *)file;
	Elf64_Phdr *ph = (void *)(file + e->e_phoff);
	for (int i = 0; i < e->e_phnum; i++)
		if (ph[i].p_type == PT_NOTE && ph[i].p_filesz == offsetof(struct syslayer_added, version))
			note_phdr = ph + i;
	if (!note_phdr)
		exit(98);
	note = (void *)(file + note_phdr->p_offset + offsetof(struct syslayer_added, note));
	original = *note;
	fd = open(COPY, O_WRONLY | O_CREAT | O_EXCL, 0755);
	if (fd < 0 || write(fd, file, size) != (ssize_t)size)
		exit(97);
	close(fd);
}

/* Exit status of a copy as it is now, or 256 and the signal. */
static int try(void)
{
	const Elf64_Ehdr *e = (const void *)file;
	char start[20], end[20];
	int fd, status;
	pid_t pid;

	/* What changes is the program headers, and the note. */
	while ((fd = open(COPY, O_WRONLY)) < 0 && errno == ETXTBSY)
		usleep(1000);
	if (fd < 0 || pwrite(fd, file + e->e_phoff, e->e_phnum * sizeof(Elf64_Phdr), (off_t)e->e_phoff) < 0 ||
	    pwrite(fd, (char *)note - 24, 24 + sizeof *note, (char *)note - 24 - file) < 0)
		exit(97);
	close(fd);
	snprintf(start, sizeof start, "%lx", (unsigned long)original.address);
	snprintf(end, sizeof end, "%lx", (unsigned long)(original.address + original.size));
	pid = vfork();
	if (!pid) {
		execl(COPY, COPY, start, end, NULL);
		_exit(96);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + status;
}

static int failures;

/* Change len bytes at p to value, and try; expected is UNMAPPED, or MAPPED as well (0), or ANYTHING. */
static void with(const char *what, void *p, size_t len, uint64_t value, int expected)
{
	uint64_t before = 0;
	int r;

	memcpy(&before, p, len);
	memcpy(p, &value, len);
	r = try();
	if (expected == ANYTHING ? r == ELSEWHERE : r != UNMAPPED && (expected || r != MAPPED)) {
		printf("%s = 0x%lx: %d\n", what, (unsigned long)value, r);
		failures++;
	}
	memcpy(p, &before, len);
}

/* The segments that have the section: memory; or what is in the file, and memory. */
static int find_owners(Elf64_Phdr *owner[2])
{
	const Elf64_Ehdr *e = (const void *)file;
	Elf64_Phdr *ph = (void *)(file + e->e_phoff);
	int n = 0;

	for (int i = 0; i < e->e_phnum && n < 2; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_vaddr < original.address + original.size &&
		    ph[i].p_vaddr + ph[i].p_memsz > original.address)
			owner[n++] = ph + i;
	return n;
}

static void change_places(void)
{
	const uint64_t address = original.address, length = original.size;
	Elf64_Phdr *owner[2];
	const int owners = find_owners(owner);
	/* The page before the section is .bss: who says that his section begins there has it there. */
	const uint64_t extremes[] = {0,
	                             1,
	                             0xfff,
	                             0x1000,
	                             0x7fff,
	                             0x8000,
	                             0x10000000,
	                             0x10001000,
	                             0x7ffff000,
	                             0x80000000,
	                             0xfffff000,
	                             0xffffffff,
	                             0x100000000,
	                             0x7ffffffff000,
	                             0x7fffffffe000,
	                             0x800000000000,
	                             0xffff800000000000,
	                             0xffffffff81000000,
	                             0xffffffffff600000,
	                             0x7ffffffffffff000,
	                             0x7fffffffffffffff,
	                             0x8000000000000000,
	                             0xfffffffffffff000,
	                             0xffffffffffffffff,
	                             address + 1,
	                             address - 1,
	                             address + 0x1000,
	                             address + length,
	                             address - length,
	                             address - 0x100000,
	                             -address,
	                             -length,
	                             0x400000,
	                             0x401000,
	                             length + 1,
	                             length + 0x1000,
	                             length - 0x1000};

	for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
		const uint64_t v = extremes[i];

		with("address", &note->address, 8, v, v < address || v >= address + length ? UNMAPPED : 0);
		with("size", &note->size, 8, v, v > length || v % 4096 || v < 0x8000 ? UNMAPPED : 0);
		/* Both at once: what wraps around. */
		note->size = -v;
		with("address, size", &note->address, 8, v, UNMAPPED);
		note->size = length;
		/* A third of them will do. */
		for (int k = 0; k < owners && i % 3 == 0; k++) {
			with("owner's p_offset", &owner[k]->p_offset, 8, v, ANYTHING);
			with("owner's p_vaddr", &owner[k]->p_vaddr, 8, v, ANYTHING);
			with("owner's p_filesz", &owner[k]->p_filesz, 8, v, ANYTHING);
			with("owner's p_memsz", &owner[k]->p_memsz, 8, v, ANYTHING);
		}
		/* The same code reads it in all programs. */
		if (owners > 1)
			continue;
		with("p_offset", &note_phdr->p_offset, 8, v, UNMAPPED);
		with("p_filesz", &note_phdr->p_filesz, 8, v, 0);
	}
	for (int k = 0; k < owners; k++)
		for (uint32_t f = 0; f < 8; f++)
			with("owner's p_flags", &owner[k]->p_flags, 4, f,
			     f == owner[k]->p_flags ? 0 : ANYTHING);
}

static void change_words(void)
{
	static const uint32_t words[] = {0,   1,          2,          8,          9,          10,        63,
	                                 64,  65,         71,         72,         73,         511,       512,
	                                 513, 0x7ffffff8, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
	uint32_t *header = (void *)(file + note_phdr->p_offset);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const uint32_t w = words[i];

		with("slot_size", &note->slot_size, 4, w, w != SYSLAYER_SLOT_SIZE ? UNMAPPED : 0);
		with("slot_count", &note->slot_count, 4, w, w > SYSLAYER_SLOT_COUNT || !w ? UNMAPPED : 0);
		with("abi_version", &note->abi_version, 4, w, w > SYSLAYER_ABI_VERSION ? UNMAPPED : 0);
		with("n_namesz", header, 4, w, w != SYSLAYER_NOTE_NAME_LEN ? UNMAPPED : 0);
		with("n_descsz", header + 1, 4, w, w < sizeof *note ? UNMAPPED : 0);
		with("p_align", &note_phdr->p_align, 8, w, 0);
		if (w < 10)
			continue;
		with("n_type", header + 2, 4, w, UNMAPPED);
		with("version", &note->version, 4, w, UNMAPPED);
		with("machine", &note->machine, 2, w, UNMAPPED);
		with("flags", &note->flags, 2, w & ~1U, w & 0xfffe ? UNMAPPED : 0);
		with("reserved", &note->reserved, 4, w, UNMAPPED);
	}
}

static void change_names(void)
{
	static const char *const names[] = {
	    "",          "/linux-x86_64", "..", "../linux-x86_64", "linux-x86_64\n", ".", "linux-x86_64.img",
	    "linux\xe9", "%s%n"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t n = 0;

		memset(note->abi, 0, sizeof note->abi);
		strcpy(note->abi, names[i]);
		memcpy(&n, note->abi, sizeof n);
		with(names[i], note->abi, sizeof n, n, UNMAPPED);
	}
	memset(note->abi, 'a', sizeof note->abi);
	with("abi without NUL", &note->abi, 1, 'a', UNMAPPED);
	*note = original;
	with("abi with a tail", &note->abi[31], 1, 1, UNMAPPED);
	with("abi with a tail", &note->abi[20], 1, 1, UNMAPPED);
}

int main(int argc, char **argv)
{
	Elf64_Phdr *owner[2];

	if (argc == 3)
		return look(strtoul(argv[1], NULL, 16), strtoul(argv[2], NULL, 16));
	read_self();
	if (try() != MAPPED) {
		puts("the program as it is has no image");
		return 1;
	}
	change_places();
	if (find_owners(owner) == 1) {
		change_words();
		change_names();
	}
	printf("%d failures\n", failures);
	return !!failures;
}
