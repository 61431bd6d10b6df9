// SPDX-License-Identifier: BSD-2-Clause
/* Structures as strace shows them. */
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time_types.h>
#include <linux/utsname.h>
#include <asm/stat.h>
#include <linux/stat.h>
#include "trace.h"

#define FDS 1024

static void field(struct syslayer_text *t, const char *name, long n)
{
	syslayer_puts(t, name);
	trace_puti(t, n);
}

static void put_stat(const struct trace_argument *a)
{
	struct syslayer_text *t = a->to;
	struct stat st;

	if (!trace_copy(a, &st, (unsigned long)a->value, sizeof st))
		return;
	syslayer_puts(t, "{st_mode=");
	trace_mode(t, st.st_mode);
	if ((st.st_mode & S_IFMT) == S_IFCHR || (st.st_mode & S_IFMT) == S_IFBLK) {
		const struct trace_argument dev = {.to = t, .value = (long)st.st_rdev, .call = a->call};

		syslayer_puts(t, ", st_rdev=");
		trace_put(&dev, K_DEV);
	} else {
		field(t, ", st_size=", st.st_size);
	}
	syslayer_puts(t, ", ...}");
}

static void put_pair(const struct trace_argument *a, unsigned long from, const char *first,
                     const char *second)
{
	long pair[2];

	if (!trace_copy(a, pair, from, sizeof pair))
		return;
	field(a->to, first, pair[0]);
	field(a->to, second, pair[1]);
	syslayer_puts(a->to, "}");
}

static void put_utimes(const struct trace_argument *a)
{
	struct __kernel_timespec t[2];

	if (!trace_copy(a, t, (unsigned long)a->value, sizeof t))
		return;
	for (unsigned i = 0; i < 2; i++) {
		syslayer_puts(a->to, i ? ", " : "[");
		if (t[i].tv_nsec == 0x3fffffff || t[i].tv_nsec == 0x3ffffffe) {
			syslayer_puts(a->to, t[i].tv_nsec & 1 ? "UTIME_NOW" : "UTIME_OMIT");
			continue;
		}
		field(a->to, "{tv_sec=", t[i].tv_sec);
		field(a->to, ", tv_nsec=", t[i].tv_nsec);
		syslayer_puts(a->to, "}");
	}
	syslayer_puts(a->to, "]");
}

static void put_set(struct syslayer_text *t, unsigned long set)
{
	const char *between = "";
	unsigned n = 0;

	for (unsigned i = 0; i < 64; i++)
		n += set >> i & 1;
	if (n >= 64 * 2 / 3) {
		syslayer_puts(t, "~");
		set = ~set;
	}
	syslayer_puts(t, "[");
	for (unsigned sig = 1; sig <= 64; sig++) {
		struct syslayer_text name;
		char text[16];

		if (!(set >> (sig - 1) & 1))
			continue;
		syslayer_text_init(&name, text, sizeof text);
		trace_value(&name, K_V_SIGNAL, sig);
		syslayer_puts(t, between);
		syslayer_put(t, text + 3, (size_t)(name.at - text) - 3);
		between = " ";
	}
	syslayer_puts(t, "]");
}

static void put_sigset(const struct trace_argument *a)
{
	unsigned long set;

	if (trace_copy(a, &set, (unsigned long)a->value, sizeof set))
		put_set(a->to, set);
}

static void put_sigaction(const struct trace_argument *a)
{
	struct {
		unsigned long handler, flags, restorer, mask;
	} sa;
	struct syslayer_text *t = a->to;

	if (!trace_copy(a, &sa, (unsigned long)a->value, sizeof sa))
		return;
	syslayer_puts(t, "{sa_handler=");
	if (sa.handler < 2)
		syslayer_puts(t, sa.handler ? "SIG_IGN" : "SIG_DFL");
	else
		syslayer_putx(t, sa.handler);
	syslayer_puts(t, ", sa_mask=");
	put_set(t, sa.mask);
	syslayer_puts(t, ", sa_flags=");
	trace_flags(t, K_F_SA, sa.flags);
	if (sa.flags & 0x04000000) {
		syslayer_puts(t, ", sa_restorer=");
		syslayer_putx(t, sa.restorer);
	}
	syslayer_puts(t, "}");
}

static void put_stack(const struct trace_argument *a)
{
	struct {
		unsigned long sp;
		int flags;
		unsigned long size;
	} s;
	struct syslayer_text *t = a->to;

	if (!trace_copy(a, &s, (unsigned long)a->value, sizeof s))
		return;
	syslayer_puts(t, "{ss_sp=");
	trace_pointer(t, s.sp);
	syslayer_puts(t, ", ss_flags=");
	syslayer_puts(t, s.flags == 2 ? "SS_DISABLE" : s.flags == 1 ? "SS_ONSTACK" : "0");
	field(t, ", ss_size=", (long)s.size);
	syslayer_puts(t, "}");
}

static void put_poll(const struct trace_argument *a)
{
	struct {
		int fd;
		short events, revents;
	} p;
	unsigned long count = (unsigned long)a->call->argument[a->at + 1];

	for (unsigned long i = 0; i < count; i++) {
		if (syslayer_peek(&p, (const char *)a->value + i * sizeof p, sizeof p) != sizeof p) {
			trace_pointer(a->to, (unsigned long)a->value);
			return;
		}
		syslayer_puts(a->to, i ? ", " : "[");
		if (i == a->size) {
			syslayer_puts(a->to, "...");
			break;
		}
		field(a->to, "{fd=", p.fd);
		if (p.fd >= 0) {
			syslayer_puts(a->to, ", events=");
			trace_flags(a->to, K_F_POLL, (unsigned short)p.events);
		}
		syslayer_puts(a->to, "}");
	}
	syslayer_puts(a->to, count ? "]" : a->value ? "[]" : "NULL");
}

static void put_fdset(const struct trace_argument *a)
{
	unsigned long set[FDS / 64] = {0};
	unsigned count = (unsigned)a->call->argument[0];
	const char *between = "";

	if (count > FDS)
		count = FDS;
	/* select(2) leaves in it what is ready; what was asked for is gone by then. */
	if (!trace_copy(a, set, (unsigned long)a->value, (count + 63) / 64 * 8))
		return;
	syslayer_puts(a->to, "[");
	for (unsigned fd = 0; fd < count; fd++) {
		if (!(set[fd / 64] >> (fd % 64) & 1))
			continue;
		syslayer_puts(a->to, between);
		syslayer_putn(a->to, fd, 0);
		between = " ";
	}
	syslayer_puts(a->to, "]");
}

static void put_ints(const struct trace_argument *a, unsigned count, int is_signed)
{
	unsigned n;

	if (!a->value) {
		syslayer_puts(a->to, "NULL");
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		if (syslayer_peek(&n, (const char *)a->value + i * sizeof n, sizeof n) != sizeof n) {
			trace_pointer(a->to, (unsigned long)a->value);
			return;
		}
		syslayer_puts(a->to, i ? ", " : "[");
		if (i == a->size) {
			syslayer_puts(a->to, "...");
			break;
		}
		trace_puti(a->to, is_signed ? (int)n : (long)n);
	}
	syslayer_puts(a->to, count ? "]" : "[]");
}

static void put_status(const struct trace_argument *a)
{
	struct syslayer_text *t = a->to;
	int s;

	if (!trace_copy(a, &s, (unsigned long)a->value, sizeof s))
		return;
	syslayer_puts(t, "[{");
	if ((s & 0xff) == 0x7f) {
		syslayer_puts(t, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		trace_value(t, K_V_SIGNAL, (unsigned)s >> 8 & 0xff);
	} else if (!(s & 0x7f)) {
		field(t, "WIFEXITED(s) && WEXITSTATUS(s) == ", s >> 8 & 0xff);
	} else if (s == 0xffff) {
		syslayer_puts(t, "WIFCONTINUED(s)");
	} else {
		syslayer_puts(t, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		trace_value(t, K_V_SIGNAL, s & 0x7f);
		if (s & 0x80)
			syslayer_puts(t, " && WCOREDUMP(s)");
	}
	syslayer_puts(t, "}]");
}

static void put_limit(struct syslayer_text *t, const char *name, unsigned long n)
{
	syslayer_puts(t, name);
	if (n == ~0UL) {
		syslayer_puts(t, "RLIM64_INFINITY");
	} else if (n > 1024 && !(n % 1024)) {
		syslayer_putn(t, n / 1024, 0);
		syslayer_puts(t, "*1024");
	} else {
		syslayer_putn(t, n, 0);
	}
}

static void put_limits(const struct trace_argument *a)
{
	unsigned long limit[2];

	if (!trace_copy(a, limit, (unsigned long)a->value, sizeof limit))
		return;
	put_limit(a->to, "{rlim_cur=", limit[0]);
	put_limit(a->to, ", rlim_max=", limit[1]);
	syslayer_puts(a->to, "}");
}

static void put_names(const struct trace_argument *a)
{
	struct new_utsname u;

	if (!trace_copy(a, &u, (unsigned long)a->value, sizeof u))
		return;
	syslayer_puts(a->to, "{sysname=");
	trace_quote(a->to, u.sysname, syslayer_length(u.sysname), 0, 0);
	syslayer_puts(a->to, ", nodename=");
	trace_quote(a->to, u.nodename, syslayer_length(u.nodename), 0, 0);
	syslayer_puts(a->to, ", ...}");
}

static void put_entries(const struct trace_argument *a)
{
	unsigned short length;
	unsigned n = 0;

	trace_pointer(a->to, (unsigned long)a->value);
	if (!a->done)
		return;
	for (long at = 0; at < a->call->result; at += length, n++)
		if (syslayer_peek(&length, (const char *)a->value + at + 16, sizeof length) !=
		        sizeof length ||
		    !length)
			return;
	syslayer_puts(a->to, " /* ");
	syslayer_putn(a->to, n, 0);
	syslayer_puts(a->to, n == 1 ? " entry */" : " entries */");
}

static void put_event(const struct trace_argument *a, unsigned long from)
{
	struct {
		unsigned events;
		unsigned long data;
	} __attribute__((packed)) e;

	if (!trace_copy(a, &e, from, sizeof e))
		return;
	syslayer_puts(a->to, "{events=");
	trace_flags(a->to, K_F_EPOLL_EVENT, e.events);
	syslayer_puts(a->to, ", data={u32=");
	syslayer_putn(a->to, (unsigned)e.data, 0);
	syslayer_puts(a->to, ", u64=");
	syslayer_putn(a->to, e.data, 0);
	syslayer_puts(a->to, "}}");
}

static void address(struct syslayer_text *t, const char *name, unsigned long a)
{
	syslayer_puts(t, name);
	trace_pointer(t, a);
}

void trace_only(struct syslayer_text *t, long n)
{
	syslayer_puts(t, "[");
	trace_puti(t, n);
	syslayer_puts(t, "]");
}

int trace_pointed(struct syslayer_text *t, unsigned long at)
{
	int n;

	if (syslayer_peek(&n, (const void *)at, sizeof n) != sizeof n)
		return 0;
	trace_only(t, n);
	return 1;
}

static void put_clone_args(const struct trace_argument *a)
{
	unsigned long size = (unsigned long)a->call->argument[1];
	struct syslayer_text *t = a->to;
	struct clone_args c = {0};

	if (size < CLONE_ARGS_SIZE_VER0) {
		trace_pointer(t, (unsigned long)a->value);
		return;
	}
	if (!trace_copy(a, &c, (unsigned long)a->value, size < sizeof c ? size : sizeof c))
		return;
	syslayer_puts(t, "{flags=");
	trace_flags(t, K_F_CLONE, c.flags);
	if (c.flags & CLONE_PIDFD)
		address(t, ", pidfd=", c.pidfd);
	if (c.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
		address(t, ", child_tid=", c.child_tid);
	if (c.flags & CLONE_PARENT_SETTID)
		address(t, ", parent_tid=", c.parent_tid);
	syslayer_puts(t, ", exit_signal=");
	if (c.exit_signal)
		trace_value(t, K_V_SIGNAL, (long)c.exit_signal);
	else
		syslayer_puts(t, "0");
	address(t, ", stack=", c.stack);
	syslayer_puts(t, ", stack_size=");
	trace_hex(t, c.stack_size);
	if (c.flags & CLONE_SETTLS)
		address(t, ", tls=", c.tls);
	if (c.set_tid || c.set_tid_size) {
		address(t, ", set_tid=", c.set_tid);
		field(t, ", set_tid_size=", (long)c.set_tid_size);
	}
	if (c.cgroup || c.flags & CLONE_INTO_CGROUP)
		field(t, ", cgroup=", (long)c.cgroup);
	syslayer_puts(t, "}");
	if (!a->done || !(c.flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)))
		return;
	syslayer_puts(t, " => {");
	if (c.flags & CLONE_PIDFD) {
		syslayer_puts(t, "pidfd=");
		trace_pointed(t, c.pidfd);
	}
	if (c.flags & CLONE_PARENT_SETTID) {
		syslayer_puts(t, c.flags & CLONE_PIDFD ? ", parent_tid=" : "parent_tid=");
		trace_only(t, a->call->result);
	}
	syslayer_puts(t, "}");
}

static void put_timer(const struct trace_argument *a)
{
	unsigned long from = (unsigned long)a->value;
	long t[4];

	if (!trace_copy(a, t, from, sizeof t))
		return;
	syslayer_puts(a->to, "{it_interval=");
	put_pair(a, from, "{tv_sec=", ", tv_usec=");
	syslayer_puts(a->to, ", it_value=");
	put_pair(a, from + 16, "{tv_sec=", ", tv_usec=");
	syslayer_puts(a->to, "}");
}

void trace_struct(const struct trace_argument *a, enum kind kind)
{
	unsigned long value = (unsigned long)a->value;
	long offset;

	switch (kind) {
	case K_STAT:
	case K_TIMESPEC_OUT:
	case K_TIMEVAL_OUT:
	case K_ITIMERVAL_OUT:
	case K_SIGSET_OUT:
	case K_SIGACTION_OUT:
	case K_STACK_OUT:
	case K_PIPE:
	case K_UNAME:
	case K_RLIMIT_OUT:
	case K_GIDS_OUT:
	case K_EPOLL_EVENTS:
	case K_WSTATUS:
		if (!a->done || (kind == K_WSTATUS && !a->call->result)) {
			trace_pointer(a->to, value);
			return;
		}
		break;
	default:
		break;
	}
	switch (kind) {
	case K_STAT:
		put_stat(a);
		break;
	case K_TIMESPEC:
	case K_TIMESPEC_OUT:
		put_pair(a, value, "{tv_sec=", ", tv_nsec=");
		break;
	case K_TIMEVAL:
	case K_TIMEVAL_OUT:
		put_pair(a, value, "{tv_sec=", ", tv_usec=");
		break;
	case K_ITIMERVAL:
	case K_ITIMERVAL_OUT:
		put_timer(a);
		break;
	case K_CLONE_ARGS:
		put_clone_args(a);
		break;
	case K_UTIMES:
		put_utimes(a);
		break;
	case K_SIGSET:
	case K_SIGSET_OUT:
		put_sigset(a);
		break;
	case K_SIGACTION:
	case K_SIGACTION_OUT:
		put_sigaction(a);
		break;
	case K_STACK:
	case K_STACK_OUT:
		put_stack(a);
		break;
	case K_POLLFD:
		put_poll(a);
		break;
	case K_FDSET:
		put_fdset(a);
		break;
	case K_PIPE:
		put_ints(a, 2, 1);
		break;
	case K_GIDS:
		put_ints(a, (unsigned)a->call->argument[0], 0);
		break;
	case K_GIDS_OUT:
		put_ints(a, (unsigned)a->call->result, 0);
		break;
	case K_WSTATUS:
		put_status(a);
		break;
	case K_RLIMIT:
	case K_RLIMIT_OUT:
		put_limits(a);
		break;
	case K_UNAME:
		put_names(a);
		break;
	case K_DENTS:
		put_entries(a);
		break;
	case K_EPOLL_EVENT:
		put_event(a, value);
		break;
	case K_EPOLL_EVENTS:
		for (long i = 0; i < a->call->result; i++) {
			syslayer_puts(a->to, i ? ", " : "[");
			put_event(a, value + (unsigned long)i * 12);
		}
		syslayer_puts(a->to, a->call->result ? "]" : "[]");
		break;
	case K_OFF:
		if (trace_copy(a, &offset, value, sizeof offset)) {
			field(a->to, "[", offset);
			syslayer_puts(a->to, "]");
		}
		break;
	case K_RUSAGE:
		trace_pointer(a->to, value);
		break;
	default:
		trace_sockets(a, kind);
	}
}
