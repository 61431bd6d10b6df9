// SPDX-License-Identifier: BSD-2-Clause
/*
 * start WAY [ARG...] PROGRAM [ARG...]: starts a program in ways that the shell of a guest
 * cannot, or many times. What it is itself has no section.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/capability.h>

extern char **environ;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void go(char **argv)
{
	execv(argv[0], argv);
	die(argv[0]);
}

/* as PROGRAM...: by a user without rights. */
static void as_user(char **argv)
{
	if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		die("as");
	go(argv);
}

/* capable PROGRAM...: by a user, the file having a capability that the user has not. */
static void capable(char **argv)
{
	struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
	                            .data[0].permitted = 1 << CAP_NET_RAW};

	if (setxattr(argv[0], "security.capability", &data, sizeof data, 0))
		die("setxattr");
	as_user(argv);
}

/* deleted PROGRAM...: when its file has no name any more. */
static void deleted(char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || unlink(argv[0]))
		die(argv[0]);
	fexecve(fd, argv, environ);
	die("fexecve");
}

/* memory PROGRAM...: from memory. */
static void memory(char **argv)
{
	int to = memfd_create("program", MFD_CLOEXEC), from = open(argv[0], O_RDONLY);
	char buffer[65536];
	ssize_t n;

	if (to < 0 || from < 0)
		die(argv[0]);
	while ((n = read(from, buffer, sizeof buffer)) > 0)
		if (write(to, buffer, (size_t)n) != n)
			die("memfd");
	close(from);
	fexecve(to, argv, environ);
	die("fexecve");
}

/* fixed PROGRAM...: at addresses that are not random, everything readable being executable. */
static void fixed(char **argv)
{
	if (personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC) < 0)
		die("personality");
	go(argv);
}

/* What the maps of a process say of the image, one line. */
static void print_image(pid_t pid)
{
	char path[64], line[512];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (strstr(line, ".img"))
			fputs(strchr(line, ' ') + 1, stdout);
	if (f)
		fclose(f);
	fflush(stdout);
}

/* traced PROGRAM...: by a tracer, which looks at it before its first instruction. */
static void traced(char **argv)
{
	pid_t pid = fork();
	int status, stops = 0;

	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			die("ptrace");
		go(argv);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (!stops++)
			print_image(pid);
		if (ptrace(PTRACE_CONT, pid, 0, 0))
			die("ptrace");
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

/* failing NUMBER PROGRAM...: the NUMBERth allocation fails that is made in the kernel from here on. */
static void failing(char **argv)
{
	int fd = open("/proc/self/fail-nth", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, argv[0], strlen(argv[0])) < 0)
		die("fail-nth");
	execv(argv[1], argv + 1);
	_exit(98);
}

/* storm NUMBER PROGRAM...: NUMBER times in each of two processes; each must end with 0. */
static void storm(char **argv)
{
	int number = atoi(argv[0]), status, bad = 0;

	for (int i = 0; i < 2; i++) {
		if (fork())
			continue;
		close(1);
		open("/dev/null", O_WRONLY);
		while (number-- && !bad) {
			pid_t pid = vfork();

			if (!pid) {
				execv(argv[1], argv + 1);
				_exit(99);
			}
			bad = waitpid(pid, &status, 0) != pid || status;
		}
		if (bad)
			fprintf(stderr, "status 0x%x\n", status);
		_exit(bad);
	}
	while (wait(&status) > 0)
		bad |= status;
	exit(!!bad);
}

static const struct {
	const char *name;
	void (*start)(char **);
} ways[] = {
    {"as", as_user},  {"capable", capable}, {"deleted", deleted}, {"failing", failing},
    {"fixed", fixed}, {"memory", memory},   {"storm", storm},     {"traced", traced},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways && argc > 2; i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].start(argv + 2);
	fputs("usage: start WAY [ARG...] PROGRAM [ARG...]\n", stderr);
	return 99;
}
