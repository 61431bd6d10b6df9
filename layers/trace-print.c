// SPDX-License-Identifier: BSD-2-Clause
/* Arguments as strace shows them: numbers, flags, strings. */
#include <linux/fcntl.h>
#include "trace.h"

void trace_puti(struct syslayer_text *t, long n)
{
	if (n < 0)
		syslayer_puts(t, "-");
	syslayer_putn(t, n < 0 ? -(unsigned long)n : (unsigned long)n, 0);
}

void trace_puto(struct syslayer_text *t, unsigned long n)
{
	char digits[24];
	unsigned i = sizeof digits;

	do
		digits[--i] = (char)('0' + (n & 7));
	while (n >>= 3);
	if (digits[i] != '0')
		digits[--i] = '0';
	syslayer_put(t, digits + i, sizeof digits - i);
}

void trace_hex(struct syslayer_text *t, unsigned long n)
{
	if (n)
		syslayer_putx(t, n);
	else
		syslayer_puts(t, "0");
}

void trace_pointer(struct syslayer_text *t, unsigned long p)
{
	if (p)
		syslayer_putx(t, p);
	else
		syslayer_puts(t, "NULL");
}

/* Where the rows of a kind begin, found when they are needed first; two threads find the same. */
static const struct trace_constant *rows(enum kind kind)
{
	static unsigned short first[256];

	if (!__atomic_load_n(&first[kind], __ATOMIC_RELAXED)) {
		unsigned i = 0;

		while (trace_constants[i].kind != K_NONE && trace_constants[i].kind != (unsigned char)kind)
			i++;
		__atomic_store_n(&first[kind], (unsigned short)(i + 1), __ATOMIC_RELAXED);
	}
	return trace_constants + first[kind] - 1;
}

void trace_flags(struct syslayer_text *t, enum kind kind, unsigned long value)
{
	const char *between = "";

	for (const struct trace_constant *c = rows(kind); value && c->kind == kind; c++) {
		if (!c->value || (value & c->value) != c->value)
			continue;
		syslayer_puts(t, between);
		syslayer_puts(t, c->name);
		value &= ~(unsigned long)c->value;
		between = "|";
	}
	if (value) {
		syslayer_puts(t, between);
		syslayer_putx(t, value);
	} else if (!*between) {
		syslayer_puts(t, "0");
	}
}

void trace_value(struct syslayer_text *t, enum kind kind, unsigned long value)
{
	for (const struct trace_constant *c = rows(kind); c->kind == kind; c++) {
		if (c->value == (unsigned)value) {
			syslayer_puts(t, c->name);
			return;
		}
	}
	if (kind != K_V_SIGNAL) {
		if (kind == K_V_S_IF)
			trace_puto(t, value);
		else
			trace_hex(t, value);
		return;
	}
	if (value >= 32 && value <= 64) {
		syslayer_puts(t, value == 32 ? "SIGRTMIN" : value == 64 ? "SIGRT_32" : "SIGRT_");
		if (value != 32 && value != 64)
			syslayer_putn(t, value - 32, 0);
	} else {
		trace_puti(t, (int)value);
	}
}

static void open_flags(struct syslayer_text *t, unsigned long value)
{
	static const char mode[4][12] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

	syslayer_puts(t, mode[value & 3]);
	value &= ~3UL;
	if (value) {
		syslayer_puts(t, "|");
		trace_flags(t, K_F_OPEN, value);
	}
}

void trace_mode(struct syslayer_text *t, unsigned mode)
{
	if (mode & 0170000) {
		trace_value(t, K_V_S_IF, mode & 0170000);
		syslayer_puts(t, "|");
	}
	if (mode & 04000)
		syslayer_puts(t, "S_ISUID|");
	if (mode & 02000)
		syslayer_puts(t, "S_ISGID|");
	if (mode & 01000)
		syslayer_puts(t, "S_ISVTX|");
	/* strace's %#03ho */
	if (!(mode & 0777))
		syslayer_puts(t, "00");
	else if ((mode & 0777) < 010)
		syslayer_puts(t, "0");
	trace_puto(t, mode & 0777);
}

/* Whether 8 bytes are shown as they are. */
static int is_plain(const char *s)
{
	const uint64_t ones = ~0UL / 255, quote = ones * '"', backslash = ones * '\\';
	uint64_t w, special;

	__builtin_memcpy(&w, s, 8);
	/* The high bit of a byte: it is above 0x7f, below 0x20, 0x7f, or one of the two. */
	special = w | (w - ones * 0x20) | (w + ones);
	special |= ((w ^ quote) - ones) | ((w ^ backslash) - ones);
	return !(special & ones << 7);
}

static char *escape(char *at, unsigned char c, int before_digit)
{
	*at++ = '\\';
	if (c >= '\t' && c <= '\r') {
		*at++ = "tnvfr"[c - '\t'];
		return at;
	}
	/* As short as the next character allows. */
	if (before_digit || c >= 0100)
		*at++ = (char)('0' + (c >> 6));
	if (before_digit || c >= 010)
		*at++ = (char)('0' + (c >> 3 & 7));
	*at++ = (char)('0' + (c & 7));
	return at;
}

static char *quote_hex(char *at, const char *s, size_t length)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)s[i];

		*at++ = '\\';
		*at++ = 'x';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return at;
}

static char *quote(char *at, const char *s, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x20 && c < 0x7f) {
			if (i + 8 <= length && is_plain(s + i)) {
				__builtin_memcpy(at, s + i, 8);
				at += 8;
				i += 7;
				continue;
			}
			if (c == '"' || c == '\\')
				*at++ = '\\';
			*at++ = (char)c;
		} else if (!c && (i + 1 == length || !s[i + 1])) {
			*at++ = '\\';
			*at++ = '0';
		} else {
			at = escape(at, c, i + 1 < length && s[i + 1] >= '0' && s[i + 1] <= '9');
		}
	}
	return at;
}

void trace_quote(struct syslayer_text *t, const char *s, size_t length, int more, int hex)
{
	/* Four characters a byte at most: with room for all of them, none is tested for it. */
	if (length > (size_t)(t->end - t->at) / 4) {
		length = (size_t)(t->end - t->at) / 4;
		more = 1;
	}
	syslayer_puts(t, "\"");
	if (length > (size_t)(t->end - t->at) / 4)
		length--;
	t->at = (hex ? quote_hex : quote)(t->at, s, length);
	syslayer_puts(t, "\"");
	if (more)
		syslayer_puts(t, "...");
}

int trace_copy(const struct trace_argument *a, void *to, unsigned long from, size_t size)
{
	if (from && syslayer_peek(to, (const void *)from, size) == size)
		return 1;
	trace_pointer(a->to, from);
	return 0;
}

/* What is short uses little of the stack, whose pages are the process's own. */
#define SHORT 256
#define LONG 4096

static void bytes(const struct trace_argument *a, char *copy, unsigned long from, size_t n, int more, int hex)
{
	if (trace_copy(a, copy, from, n))
		trace_quote(a->to, copy, n, more, hex);
}

static __attribute__((noinline)) void long_bytes(const struct trace_argument *a, unsigned long from, size_t n,
                                                 int more, int hex)
{
	char copy[LONG];

	bytes(a, copy, from, n, more, hex);
}

void trace_bytes(const struct trace_argument *a, unsigned long from, size_t length, int hex)
{
	char copy[SHORT];
	size_t n = length < a->size ? length : a->size;

	if (n > LONG)
		n = LONG;
	if (n > sizeof copy)
		long_bytes(a, from, n, n < length, hex);
	else
		bytes(a, copy, from, n, n < length, hex);
}

/* `room` is what is read at most. Whether that was enough. */
static int string(const struct trace_argument *a, char *copy, size_t room, unsigned long from, size_t size)
{
	long n = from ? syslayer_peek_string(copy, (const char *)from, room) : -EFAULT;

	if (n < 0)
		trace_pointer(a->to, from);
	else if ((size_t)n == room && room <= size)
		return 0;
	else
		trace_quote(a->to, copy, (size_t)n > size ? size : (size_t)n, (size_t)n > size, 0);
	return 1;
}

static __attribute__((noinline)) void long_string(const struct trace_argument *a, unsigned long from,
                                                  size_t size)
{
	char copy[LONG + 1];

	string(a, copy, size + 1, from, size);
}

void trace_string(const struct trace_argument *a, unsigned long from, size_t size)
{
	char copy[SHORT];

	if (size > LONG)
		size = LONG;
	if (!string(a, copy, size < sizeof copy ? size + 1 : sizeof copy, from, size))
		long_string(a, from, size);
}

static void strings(const struct trace_argument *a)
{
	unsigned long p = (unsigned long)a->value, s;
	const char *between = "[";

	if (!p || syslayer_peek(&s, (const void *)p, sizeof s) != sizeof s) {
		trace_pointer(a->to, p);
		return;
	}
	for (unsigned i = 0; syslayer_peek(&s, (const void *)p, sizeof s) == sizeof s && s;
	     i++, p += sizeof s) {
		syslayer_puts(a->to, between);
		if (i == a->size) {
			syslayer_puts(a->to, "...");
			break;
		}
		between = ", ";
		trace_string(a, s, a->size);
	}
	syslayer_puts(a->to, *between == '[' ? "[]" : "]");
}

static void variables(const struct trace_argument *a)
{
	unsigned long p = (unsigned long)a->value, s;
	unsigned n = 0;

	trace_pointer(a->to, p);
	while (syslayer_peek(&s, (const void *)(p + n * sizeof s), sizeof s) == sizeof s && s)
		n++;
	if (!p)
		return;
	syslayer_puts(a->to, " /* ");
	syslayer_putn(a->to, n, 0);
	syslayer_puts(a->to, n == 1 ? " var */" : " vars */");
}

/* The command of an ioctl(2) that has no name here, as _IOC() made it. */
static void ioctl_command(struct syslayer_text *t, unsigned value)
{
	static const char direction[4][22] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
	struct syslayer_text name = *t;

	trace_value(t, K_V_IOCTL, value);
	if (t->at == name.at || *name.at != '0')
		return;
	t->at = name.at;
	syslayer_puts(t, "_IOC(");
	syslayer_puts(t, direction[value >> 30]);
	syslayer_puts(t, ", ");
	syslayer_putx(t, value >> 8 & 0xff);
	syslayer_puts(t, ", ");
	syslayer_putx(t, value & 0xff);
	syslayer_puts(t, ", ");
	syslayer_putx(t, value >> 16 & 0x3fff);
	syslayer_puts(t, ")");
}

static void socket_type(struct syslayer_text *t, unsigned long value)
{
	trace_value(t, K_V_SOCK, value & 0xf);
	if (value & ~0xfUL) {
		syslayer_puts(t, "|");
		trace_flags(t, K_F_SOCKET_FLAGS, value & ~0xfUL);
	}
}

static void fcntl_argument(const struct trace_argument *a)
{
	switch (a->call->argument[1]) {
	case F_SETFD:
		syslayer_puts(a->to, a->value == 1 ? "FD_CLOEXEC" : a->value ? "" : "0");
		break;
	case F_SETFL:
		open_flags(a->to, (unsigned long)a->value);
		break;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_SETPIPE_SZ:
	case F_SETOWN:
		trace_puti(a->to, a->value);
		break;
	default:
		syslayer_putx(a->to, (unsigned long)a->value);
	}
}

static void prctl_argument(const struct trace_argument *a)
{
	if (a->call->argument[0] == 15 ||
	    (a->call->argument[0] == 16 && a->done)) /* PR_SET_NAME, PR_GET_NAME */
		trace_string(a, (unsigned long)a->value, 15);
	else if (a->value)
		syslayer_putx(a->to, (unsigned long)a->value);
	else
		syslayer_puts(a->to, "0");
}

void trace_put(const struct trace_argument *a, enum kind kind)
{
	struct syslayer_text *t = a->to;
	unsigned long value = (unsigned long)a->value;

	if (kind >= K_V_FIRST) {
		if (kind == K_V_IOCTL)
			ioctl_command(t, (unsigned)value);
		else if (kind == K_V_SO && (int)a->call->argument[1] == 6)
			trace_value(t, K_V_TCP, value);
		else if (kind == K_V_RLIMIT || kind == K_V_SIGNAL)
			trace_value(t, kind, (unsigned)value);
		else
			trace_value(t, kind, (unsigned)value);
		return;
	}
	if (kind == K_F_OPEN) {
		open_flags(t, (unsigned)value);
		return;
	}
	if (kind >= K_F_FIRST) {
		if (kind == K_F_ACCESS && !value)
			syslayer_puts(t, "F_OK");
		else if ((kind == K_F_PROT) && !value)
			syslayer_puts(t, "PROT_NONE");
		else
			trace_flags(t, kind, (unsigned)value);
		return;
	}
	switch (kind) {
	case K_D:
	case K_FD:
		if (a->call->number == __NR_lseek || a->call->number == __NR_ftruncate ||
		    a->call->number == __NR_truncate || a->call->number == __NR_pread64 ||
		    a->call->number == __NR_pwrite64 || a->call->number == __NR_fallocate)
			trace_puti(t, kind == K_FD ? (int)a->value : a->value);
		else
			trace_puti(t, (int)a->value);
		break;
	case K_FD_MMAP:
		trace_puti(t, (int)a->value);
		break;
	case K_U:
		syslayer_putn(t, value, 0);
		break;
	case K_ID:
		if ((unsigned)value == ~0U)
			syslayer_puts(t, "-1");
		else
			syslayer_putn(t, (unsigned)value, 0);
		break;
	case K_X:
		trace_hex(t, value);
		break;
	case K_O:
		trace_puto(t, value);
		break;
	case K_DIRFD:
		if ((int)value == AT_FDCWD)
			syslayer_puts(t, "AT_FDCWD");
		else
			trace_puti(t, (int)a->value);
		break;
	case K_MODE:
	case K_MODE_OPEN:
	case K_MKNOD:
		/* Only mknod(2) knows a type. */
		if (kind != K_MKNOD && value & 07777000)
			trace_puto(t, value & 0xffff);
		else
			trace_mode(t, (unsigned)value & 0xffff);
		break;
	case K_PATH:
		trace_string(a, value, 4095);
		break;
	case K_STR:
		trace_string(a, value, a->size);
		break;
	case K_IN:
		trace_bytes(a, value, (size_t)a->call->argument[a->at + 1], 0);
		break;
	case K_OUT:
	case K_OUTHEX:
		if (a->done)
			trace_bytes(a, value, (size_t)a->call->result, kind == K_OUTHEX);
		else
			trace_pointer(t, value);
		break;
	case K_OUTSTR:
		if (a->done)
			trace_string(a, value, 4095);
		else
			trace_pointer(t, value);
		break;
	case K_ARGV:
		strings(a);
		break;
	case K_ENVP:
		variables(a);
		break;
	case K_FUTEX_VAL:
	case K_FUTEX_BITSET:
	case K_FUTEX_CHANGE:
	case K_F_FUTEX:
		trace_futex(a, kind);
		break;
	case K_F_SOCKET:
		socket_type(t, value);
		break;
	case K_V_IPPROTO_UNIX:
		if (a->call->argument[0] == 1 || a->call->argument[0] == 16)
			syslayer_putn(t, value, 0);
		else
			trace_value(t, K_V_IPPROTO, value);
		break;
	case K_FCNTL:
		fcntl_argument(a);
		break;
	case K_PRCTL:
		prctl_argument(a);
		break;
	case K_DEV:
		syslayer_puts(t, "makedev(");
		syslayer_putx(t, (value >> 8 & 0xfff) | (value >> 32 & 0xfffff000));
		syslayer_puts(t, ", ");
		syslayer_putx(t, (value & 0xff) | (value >> 12 & 0xffffff00));
		syslayer_puts(t, ")");
		break;
	case K_P:
	case K_IOCTL:
		trace_pointer(t, value);
		break;
	default:
		trace_struct(a, kind);
	}
}
