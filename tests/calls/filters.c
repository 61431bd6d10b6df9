// SPDX-License-Identifier: BSD-2-Clause
/* filters filter|strict|clock|exec NUMBER...: a program that lets itself call no more than it needs, and is
 * killed for all else; one that is killed, and the one that it becomes, for a look at the processor's clock,
 * or for these calls. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LET(call, to) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, to, 0)

/* From now on these kill. */
static int forbid(int count, char **number)
{
	struct sock_filter instructions[128] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog filter = {.filter = instructions};
	struct sock_filter *f = instructions + 1;

	for (int i = 0; i < count && i < 60; i++) {
		*f++ =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(number[i]), 0, 1);
		*f++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	*f++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter.len = (unsigned short)(f - instructions);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

int main(int argc, char **argv)
{
	struct sock_filter instructions[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    LET(SYS_write, 3),
	    LET(SYS_exit_group, 2),
	    LET(SYS_getppid, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};

	if (argc > 1 && !strcmp(argv[1], "strict")) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) || write(1, "hello\n", 6) != 6)
			return 9;
		syscall(SYS_exit, 3);
	}
	if (argc > 1 && !strcmp(argv[1], "clock")) {
		if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV))
			return 9;
		execl(argv[0], argv[0], "hello", (char *)0);
		return 8;
	}
	if (argc > 1 && !strcmp(argv[1], "exec")) {
		if (forbid(argc - 2, argv + 2))
			return 9;
		execl(argv[0], argv[0], "hello", (char *)0);
		return 8;
	}
	if (argc > 1 && !strcmp(argv[1], "hello"))
		return write(1, "hello\n", 6) == 6 && getppid() > 0 ? 3 : 9;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) ||
	    write(1, "hello\n", 6) != 6)
		return 9;
	return getppid() > 0 ? 3 : 8;
}
