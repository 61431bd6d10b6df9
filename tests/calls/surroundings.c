// SPDX-License-Identifier: BSD-2-Clause
/* surroundings WHAT: what a program can see of itself, which must be as if it had been linked plainly. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread int tls_data = 12345;
static __thread char tls_zero[300];

/* The executable's own headers, at AT_PHDR: they must be those that the loader used. */
static int headers(void)
{
	const Elf64_Phdr *ph = (const Elf64_Phdr *)getauxval(AT_PHDR);
	unsigned long count = getauxval(AT_PHNUM);
	const char *here = (const char *)(uintptr_t)headers;
	int bad = getauxval(AT_PHENT) != sizeof *ph, found = 0;

	for (unsigned long i = 0; i < count; i++)
		found |= ph[i].p_type == PT_LOAD && (ph[i].p_flags & PF_X) && ph[i].p_filesz;
	bad |= !found || !getauxval(AT_ENTRY) || !getauxval(AT_RANDOM);
	bad |= getauxval(AT_PAGESZ) != (unsigned long)sysconf(_SC_PAGESIZE) || !here;
	for (unsigned i = 0; i < sizeof tls_zero; i++)
		bad |= tls_zero[i];
	return bad || tls_data != 12345;
}

static int one_object(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *own = (const char *)(uintptr_t)headers;
	int *found = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const char *start = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);

		*found |= info->dlpi_phdr[i].p_type == PT_LOAD && own >= start &&
		          own < start + info->dlpi_phdr[i].p_memsz;
	}
	return 0;
}

static int objects(void)
{
	int found = 0;

	dl_iterate_phdr(one_object, &found);
	return !found;
}

/* The heap grows from its very first page, and goes back. */
static int heap(void)
{
	enum { PIECES = 1600, SIZE = 65536 };
	static unsigned char *piece[PIECES];
	unsigned char *big;
	int bad = 0;

#ifdef __GLIBC__ /* musl's sbrk moves nothing */
	unsigned char *first = sbrk(0);

	if (sbrk(4096) != first)
		return 1;
	memset(first, 0xaa, 4096);
	bad |= getppid() < 0 || first[0] != 0xaa || first[4095] != 0xaa;
#endif
	for (int i = 0; i < PIECES; i++) {
		piece[i] = malloc(SIZE);
		memset(piece[i], i, SIZE);
	}
	for (int i = 0; i < PIECES; i++) {
		bad |= piece[i][0] != (unsigned char)i || piece[i][SIZE - 1] != (unsigned char)i;
		free(piece[i]);
	}
	big = malloc(100 << 20);
	memset(big, 1, 100 << 20);
	bad |= getppid() < 0;
	free(big);
	return bad;
}

static jmp_buf there;

static void jumps(int depth)
{
	char room[100];

	memset(room, depth, sizeof room);
	getppid();
	if (!depth)
		longjmp(there, room[50] + 7);
	if (depth)
		jumps(depth - 1);
	__asm__ volatile("" : : "r"(room));
}

static int jump(void)
{
	volatile int times = 0;

	if (setjmp(there) != 7 || ++times < 1000)
		jumps(5);
	return times != 1000;
}

/* A filter that the program puts on itself kills for anything but what it lists; the runtime is done by then.
 */
static int filter(void)
{
	struct sock_filter f[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 4, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof f / sizeof *f, f};
	int status;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, &status, 0);
		return !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(1);
	for (int i = 0; i < 100; i++)
		if (getppid() < 0)
			_exit(2);
	if (write(1, "allowed\n", 8) == 8)
		getuid();
	_exit(3);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} what[] = {
	    {"headers", headers}, {"objects", objects}, {"heap", heap}, {"jump", jump}, {"filter", filter}};
	int bad = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1 && !strcmp(argv[1], "calls"))
		for (int i = 0; i < 3; i++)
			bad |= getppid() < 0;
	for (unsigned i = 0; i < sizeof what / sizeof *what && argc < 2; i++) {
		int failed = what[i].run();

		printf("%s: %s\n", what[i].name, failed ? "wrong" : "right");
		bad |= failed;
	}
	return bad;
}
