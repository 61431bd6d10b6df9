// SPDX-License-Identifier: BSD-2-Clause
/* start [OPTION]... PROGRAM [ARG]...: starts a program under conditions that a shell cannot make. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IF(op, value, then, otherwise) BPF_JUMP(BPF_JMP | (op) | BPF_K, (value), (then), (otherwise))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void install(struct sock_filter *f, size_t n)
{
	struct sock_fprog program = {(unsigned short)n, f};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

/* seccomp filters have no "and": each rule of the three is a filter of its own. */
static void deny_flags(int number, unsigned argument, unsigned flags)
{
	struct sock_filter f[] = {
	    LOAD(nr),
	    IF(BPF_JEQ, (unsigned)number, 0, 3),
	    LOAD(args[argument]),
	    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, flags),
	    IF(BPF_JEQ, flags, 1, 0),
	    RETURN(SECCOMP_RET_ALLOW),
	    RETURN(SECCOMP_RET_ERRNO | EPERM),
	};

	install(f, sizeof f / sizeof *f);
}

/* MemoryDenyWriteExecute= of systemd.exec(5), seccomp_memory_deny_write_execute() in its source. */
static void deny_write_execute(void)
{
	deny_flags(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
	deny_flags(SYS_mprotect, 2, PROT_EXEC);
	deny_flags(SYS_pkey_mprotect, 2, PROT_EXEC);
	deny_flags(SYS_shmat, 2, SHM_EXEC);
}

static void deny_call(int number, unsigned action)
{
	struct sock_filter f[] = {
	    LOAD(nr),
	    IF(BPF_JEQ, (unsigned)number, 0, 1),
	    RETURN(action),
	    RETURN(SECCOMP_RET_ALLOW),
	};

	install(f, sizeof f / sizeof *f);
}

static void limit(int resource, const char *value)
{
	rlim_t n = strtoul(value, NULL, 0);
	struct rlimit both = {n, n};

	if (setrlimit((__rlimit_resource_t)resource, &both))
		die("setrlimit");
}

/* A program that has no file any more. */
static int as_memory(const char *program)
{
	int to = memfd_create("program", MFD_CLOEXEC), from = open(program, O_RDONLY | O_CLOEXEC);
	char buffer[65536];
	ssize_t n;

	if (to < 0 || from < 0)
		die(program);
	while ((n = read(from, buffer, sizeof buffer)) > 0)
		if (write(to, buffer, (size_t)n) != n)
			die("memfd");
	close(from);
	return to;
}

/* About half of what the kernel takes: a quarter of the stack's limit, at most 6 MiB. */
static void fill_environment(void)
{
	char name[16], *value = malloc(100001);

	memset(value, 'x', 100000);
	value[100000] = 0;
	for (int i = 0; i < 15; i++) {
		snprintf(name, sizeof name, "FILL%d", i);
		setenv(name, value, 1);
	}
	free(value);
}

int main(int argc, char **argv)
{
	char *none[] = {NULL}, **arguments;
	int c, memory = 0, empty = 0, closed = 0, open_denied = 0, mremap_denied = 0, rules = 0, fd = -1;
	const char *files = NULL;
	extern char **environ;

	/* What would hinder this program itself comes last. */
	while ((c = getopt(argc, argv, "+0DdefmMRrs:a:n:p")) >= 0) {
		switch (c) {
		case '0': /* no argv[0] */
			empty = 1;
			break;
		case 'D': /* as before Linux 5.13, for mappings of files */
			deny_flags(SYS_mremap, 3, MREMAP_DONTUNMAP);
			break;
		case 'd': /* no descriptors */
			closed = 1;
			break;
		case 'e':
			fill_environment();
			break;
		case 'f': /* out of memory, not out of a file */
			memory = 1;
			break;
		case 'm':
			if (prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0))
				die("PR_SET_MDWE");
			break;
		case 'M':
			rules = 1;
			break;
		case 'R':
			mremap_denied = 1;
			break;
		case 'r':
			open_denied = 1;
			break;
		case 's':
			limit(RLIMIT_STACK, optarg);
			break;
		case 'a':
			limit(RLIMIT_AS, optarg);
			break;
		case 'n':
			files = optarg;
			break;
		case 'p':
			if (personality(ADDR_NO_RANDOMIZE) < 0)
				die("personality");
			break;
		default:
			return 98;
		}
	}
	if (optind >= argc)
		return 98;
	arguments = empty ? none : argv + optind;
	if (memory)
		fd = as_memory(argv[optind]);
	if (rules)
		deny_write_execute();
	if (mremap_denied)
		deny_call(SYS_mremap, SECCOMP_RET_ERRNO | EPERM);
	if (open_denied) {
		deny_call(SYS_open, SECCOMP_RET_ERRNO | EPERM);
		deny_call(SYS_openat, SECCOMP_RET_ERRNO | EPERM);
	}
	if (files)
		limit(RLIMIT_NOFILE, files);
	if (closed)
		syscall(SYS_close_range, 0U, 2U, 0U);
	if (memory)
		fexecve(fd, arguments, environ);
	else
		execv(argv[optind], arguments);
	die(argv[optind]);
}
