// SPDX-License-Identifier: BSD-2-Clause
/* numbers LAST: makes each call up to LAST, which a filter answers, but for what ends the process; with six
 * arguments that are the filter's mark. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MARK 0x5f

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 1;
	for (long n = 0; n <= atol(argv[1]); n++)
		if ((n <= SYS_rseq || n >= 424) && n != SYS_rt_sigreturn && n != SYS_exit &&
		    n != SYS_exit_group)
			syscall(n, MARK, MARK, MARK, MARK, MARK, MARK);
	return 0;
}
