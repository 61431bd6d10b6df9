/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the tracing layer share. */
#ifndef LAYERS_TRACE_H
#define LAYERS_TRACE_H

#include <syslayer/layer.h>

#pragma GCC visibility push(hidden)

/* How an argument is shown; calls-x86_64.tbl has these names in small letters, without K_. */
enum kind {
	K_NONE,
	K_SKIP, /* it is not shown */
	/* Numbers. */
	K_D,
	K_U,
	K_X,
	K_O,
	K_ID, /* of a user or a group; -1 as such */
	K_P,
	K_FD,
	K_FD_MMAP, /* -1 as such */
	K_DIRFD,
	K_MODE,
	K_MODE_OPEN, /* only if the flags before it create a file */
	K_MKNOD,
	K_DEV,
	K_OFF, /* pointer to an offset */
	/* Text. IN has its length in the next argument, OUT in the result. */
	K_PATH,
	K_STR,
	K_IN,
	K_OUT,
	K_OUTHEX,
	K_OUTSTR,
	K_ARGV,
	K_ENVP,
	/* Structures. */
	K_STAT,
	K_TIMESPEC,
	K_TIMESPEC_OUT,
	K_TIMEVAL,
	K_TIMEVAL_OUT,
	K_ITIMERVAL,
	K_ITIMERVAL_OUT,
	K_UTIMES,
	K_SIGSET,
	K_SIGSET_OUT,
	K_SIGACTION,
	K_SIGACTION_OUT,
	K_STACK,
	K_STACK_OUT,
	K_POLLFD,
	K_FDSET,
	K_PIPE,
	K_IOVEC_IN,
	K_IOVEC_OUT,
	K_MSGHDR,
	K_MSGHDR_OUT,
	K_SOCKADDR,
	K_SOCKADDR_OUT,
	K_LEN_OUT,
	K_INT_IN,
	K_INT_OUT,
	K_WSTATUS,
	K_RUSAGE,
	K_UNAME,
	K_RLIMIT,
	K_RLIMIT_OUT,
	K_GIDS,
	K_GIDS_OUT,
	K_DENTS,
	K_EPOLL_EVENT,
	K_EPOLL_EVENTS,
	K_CLONE_ARGS,
	/* What depends on another argument. */
	K_IOCTL,
	K_FCNTL,
	K_PRCTL,
	K_FUTEX_VAL,
	K_FUTEX_BITSET,
	K_FUTEX_CHANGE,
	K_F_FUTEX,
	K_F_SOCKET,
	K_V_IPPROTO_UNIX,
	/* Sets of flags. */
	K_F_OPEN,
	K_F_FIRST = K_F_OPEN,
	K_F_ACCESS,
	K_F_PROT,
	K_F_MMAP,
	K_F_MREMAP,
	K_F_MSYNC,
	K_F_MLOCKALL,
	K_F_FLOCK,
	K_F_MSG,
	K_F_WAIT,
	K_F_CLONE,
	K_F_AT,
	K_F_AT_UNLINK,
	K_F_AT_LINK,
	K_F_TIMER,
	K_F_TIMERFD,
	K_F_EVENTFD,
	K_F_EPOLL,
	K_F_PIPE,
	K_F_SIGNALFD,
	K_F_INOTIFY,
	K_F_SOCKET_FLAGS,
	K_F_RENAME,
	K_F_GETRANDOM,
	K_F_MEMFD,
	K_F_CLOSE_RANGE,
	K_F_POLL,
	K_F_EPOLL_EVENT,
	K_F_SA,
	/* Values with names. */
	K_V_SIGNAL,
	K_V_FIRST = K_V_SIGNAL,
	K_V_SIGPROCMASK,
	K_V_SEEK,
	K_V_MADVISE,
	K_V_ITIMER,
	K_V_AF,
	K_V_SOCK,
	K_V_IPPROTO,
	K_V_SHUTDOWN,
	K_V_SOL,
	K_V_SO,
	K_V_TCP,
	K_V_FCNTL,
	K_V_RLIMIT,
	K_V_RUSAGE,
	K_V_PRIO,
	K_V_PRCTL,
	K_V_ARCH_PRCTL,
	K_V_PTRACE,
	K_V_FADVISE,
	K_V_CLOCK,
	K_V_EPOLL_CTL,
	K_V_IDTYPE,
	K_V_FUTEX,
	K_V_IOCTL,
	K_V_S_IF,
};

/* The last has K_NONE. Rows of a kind are in a row. */
struct trace_constant {
	unsigned value;
	unsigned char kind;
	char name[27];
};
extern const struct trace_constant trace_constants[];

/* One argument of a call, as it is shown. */
struct trace_argument {
	struct syslayer_text *to;
	const struct syslayer_call *call;
	unsigned at; /* which one */
	long value;
	int done;      /* the call has been made, and has not failed */
	unsigned size; /* of strings, at most */
};

void trace_put(const struct trace_argument *a, enum kind kind);
void trace_struct(const struct trace_argument *a, enum kind kind);
void trace_sockets(const struct trace_argument *a, enum kind kind);
void trace_futex(const struct trace_argument *a, enum kind kind);
/* The kinds of its arguments, and of the result. */
const unsigned char *trace_futex_kinds(unsigned long operation);

/* Pieces that structures are made of. */
void trace_puti(struct syslayer_text *t, long n);
void trace_puto(struct syslayer_text *t, unsigned long n);
/* 0 without the 0x. */
void trace_hex(struct syslayer_text *t, unsigned long n);
void trace_pointer(struct syslayer_text *t, unsigned long p);
void trace_flags(struct syslayer_text *t, enum kind kind, unsigned long value);
void trace_value(struct syslayer_text *t, enum kind kind, unsigned long value);
void trace_mode(struct syslayer_text *t, unsigned mode);
/* Quoted; more tells that it goes on. */
void trace_quote(struct syslayer_text *t, const char *s, size_t length, int more, int hex);
/* Quoted, from the program: length bytes, of which the first `size` are shown. */
void trace_bytes(const struct trace_argument *a, unsigned long from, size_t length, int hex);
void trace_string(const struct trace_argument *a, unsigned long from, size_t size);
/* Copies a structure; if it cannot be read, shows the pointer and returns 0. */
int trace_copy(const struct trace_argument *a, void *to, unsigned long from, size_t size);
/* "[n]"; of the int there, or nothing, and 0, if it cannot be read. */
void trace_only(struct syslayer_text *t, long n);
int trace_pointed(struct syslayer_text *t, unsigned long at);
void trace_error(struct syslayer_text *t, long error);
const char *trace_error_name(long error);

#pragma GCC visibility pop

#endif
