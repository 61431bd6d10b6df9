// SPDX-License-Identifier: BSD-2-Clause
/* Looks at the start of a file as execve(2) does: a script, or a program with or without an interpreter. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "closure.h"

/* binfmt_script.c: the line ends where the buffer does (BINPRM_BUF_SIZE), blanks are spaces and tabs. */
#define LINE_MAX_LENGTH 256
#define BLANKS " \t"

static void read_script(char *line, struct start *s)
{
	char *p = line + 2 + strspn(line + 2, BLANKS);
	size_t length;

	p[strcspn(p, "\n")] = 0;
	length = strcspn(p, BLANKS);
	if (!length)
		return;
	s->kind = START_SCRIPT;
	snprintf(s->interpreter, sizeof s->interpreter, "%.*s", (int)length, p);
	p += length;
	p += strspn(p, BLANKS);
	length = strlen(p);
	while (length && strchr(BLANKS, p[length - 1]))
		length--;
	snprintf(s->argument, sizeof s->argument, "%.*s", (int)length, p);
}

static void read_program(int fd, const Elf64_Ehdr *eh, struct start *s)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_machine != EM_X86_64 || eh->e_phentsize != sizeof(Elf64_Phdr))
		return;
	s->kind = START_STATIC;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr ph;
		ssize_t n;

		if (pread(fd, &ph, sizeof ph, (off_t)(eh->e_phoff + i * sizeof ph)) != sizeof ph)
			return;
		if (ph.p_type != PT_INTERP || !ph.p_filesz || ph.p_filesz > sizeof s->interpreter)
			continue;
		n = pread(fd, s->interpreter, ph.p_filesz, (off_t)ph.p_offset);
		if (n != (ssize_t)ph.p_filesz || s->interpreter[n - 1])
			return;
		s->kind = START_DYNAMIC;
		return;
	}
}

void find_start_fd(int fd, struct start *s)
{
	union {
		Elf64_Ehdr eh;
		char line[LINE_MAX_LENGTH + 1];
	} head = {.line = ""};

	s->kind = START_OTHER;
	s->interpreter[0] = s->argument[0] = 0;
	if (pread(fd, &head, LINE_MAX_LENGTH, 0) >= 2 && head.line[0] == '#' && head.line[1] == '!')
		read_script(head.line, s);
	else
		read_program(fd, &head.eh, s);
}

void find_start(const char *path, struct start *s)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	find_start_fd(fd, s);
	if (fd >= 0)
		close(fd);
}
