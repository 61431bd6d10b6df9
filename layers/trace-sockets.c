// SPDX-License-Identifier: BSD-2-Clause
/* Addresses of sockets, vectors of buffers, messages. */
#include "trace.h"

static unsigned short swapped(unsigned short n)
{
	return (unsigned short)(n << 8 | n >> 8);
}

static void put_ip4(struct syslayer_text *t, const unsigned char *ip)
{
	for (unsigned i = 0; i < 4; i++) {
		syslayer_puts(t, i ? "." : "");
		syslayer_putn(t, ip[i], 0);
	}
}

/* RFC 5952: the longest run of zeros is left out. */
static void put_ip6(struct syslayer_text *t, const unsigned short *ip)
{
	static const char hex[] = "0123456789abcdef";
	unsigned run = 0, start = 8;

	for (unsigned i = 0; i < 8; i++) {
		unsigned n = 0;

		while (i + n < 8 && !ip[i + n])
			n++;
		if (n > run && n > 1) {
			run = n;
			start = i;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned n = swapped(ip[i]), shift = 12;

		if (i == start) {
			syslayer_puts(t, "::");
			i += run - 1;
			continue;
		}
		if (i && i != start + run)
			syslayer_puts(t, ":");
		while (shift && !(n >> shift))
			shift -= 4;
		for (;; shift -= 4) {
			syslayer_put(t, &hex[n >> shift & 15], 1);
			if (!shift)
				break;
		}
	}
}

static void put_address(const struct trace_argument *a, unsigned long from, unsigned length)
{
	struct syslayer_text *t = a->to;
	union {
		unsigned short family;
		unsigned char bytes[128];
		unsigned short words[64];
		unsigned numbers[32];
	} u = {0};

	if (length > sizeof u)
		length = sizeof u;
	if (length < 2) {
		trace_pointer(t, from);
		return;
	}
	if (!trace_copy(a, &u, from, length))
		return;
	syslayer_puts(t, "{sa_family=");
	trace_value(t, K_V_AF, u.family);
	if (u.family == 1 && length > 2) {
		syslayer_puts(t, ", sun_path=");
		if (!u.bytes[2])
			syslayer_puts(t, "@");
		trace_quote(t, (const char *)u.bytes + 2 + !u.bytes[2],
		            u.bytes[2] ? syslayer_length((const char *)u.bytes + 2) : length - 3, 0, 0);
	} else if (u.family == 2 && length >= 16) {
		syslayer_puts(t, ", sin_port=htons(");
		syslayer_putn(t, swapped(u.words[1]), 0);
		syslayer_puts(t, "), sin_addr=inet_addr(\"");
		put_ip4(t, u.bytes + 4);
		syslayer_puts(t, "\")");
	} else if (u.family == 10 && length >= 28) {
		syslayer_puts(t, ", sin6_port=htons(");
		syslayer_putn(t, swapped(u.words[1]), 0);
		syslayer_puts(t, "), sin6_flowinfo=htonl(");
		syslayer_putn(t, u.numbers[1], 0);
		syslayer_puts(t, "), inet_pton(AF_INET6, \"");
		put_ip6(t, u.words + 4);
		syslayer_puts(t, "\", &sin6_addr), sin6_scope_id=");
		syslayer_putn(t, u.numbers[6], 0);
	} else if (u.family == 16 && length >= 12) {
		syslayer_puts(t, ", nl_pid=");
		syslayer_putn(t, u.numbers[1], 0);
		syslayer_puts(t, ", nl_groups=");
		if (u.numbers[2])
			syslayer_putx(t, u.numbers[2]);
		else
			syslayer_puts(t, "00000000");
	} else if (length > 2) {
		syslayer_puts(t, ", sa_data=");
		trace_quote(t, (const char *)u.bytes + 2, length - 2, 0, 0);
	}
	syslayer_puts(t, "}");
}

static void put_vector(const struct trace_argument *a, unsigned long from, unsigned long count, long limit)
{
	unsigned long v[2];

	for (unsigned long i = 0; i < count; i++, from += sizeof v) {
		if (syslayer_peek(v, (const void *)from, sizeof v) != sizeof v) {
			trace_pointer(a->to, from);
			return;
		}
		syslayer_puts(a->to, i ? ", " : "[");
		if (i == a->size) {
			syslayer_puts(a->to, "...");
			break;
		}
		syslayer_puts(a->to, "{iov_base=");
		/* What a call has not filled in is not shown. */
		if (limit < 0) {
			trace_pointer(a->to, v[0]);
		} else {
			trace_bytes(a, v[0], v[1] < (unsigned long)limit ? v[1] : (unsigned long)limit, 0);
			limit -= v[1] < (unsigned long)limit ? (long)v[1] : limit;
		}
		syslayer_puts(a->to, ", iov_len=");
		syslayer_putn(a->to, v[1], 0);
		syslayer_puts(a->to, "}");
	}
	syslayer_puts(a->to, count ? "]" : "[]");
}

static void put_message(const struct trace_argument *a, int is_out)
{
	struct {
		unsigned long name;
		unsigned name_length;
		unsigned long vector, count, control, control_length;
		int flags;
	} m;
	struct syslayer_text *t = a->to;

	if (is_out && !a->done) {
		trace_pointer(t, (unsigned long)a->value);
		return;
	}
	if (!trace_copy(a, &m, (unsigned long)a->value, sizeof m))
		return;
	syslayer_puts(t, "{msg_name=");
	if (m.name)
		put_address(a, m.name, m.name_length);
	else
		syslayer_puts(t, "NULL");
	syslayer_puts(t, ", msg_namelen=");
	syslayer_putn(t, m.name_length, 0);
	syslayer_puts(t, ", msg_iov=");
	put_vector(a, m.vector, m.count, is_out ? a->call->result : 0x7fffffff);
	syslayer_puts(t, ", msg_iovlen=");
	syslayer_putn(t, m.count, 0);
	if (m.control) {
		syslayer_puts(t, ", msg_control=");
		trace_pointer(t, m.control);
	}
	syslayer_puts(t, ", msg_controllen=");
	syslayer_putn(t, m.control_length, 0);
	syslayer_puts(t, ", msg_flags=");
	trace_flags(t, K_F_MSG, (unsigned)m.flags);
	syslayer_puts(t, "}");
}

static unsigned length_at(unsigned long from)
{
	unsigned n = 0;

	if (from)
		syslayer_peek(&n, (const void *)from, sizeof n);
	return n;
}

void trace_sockets(const struct trace_argument *a, enum kind kind)
{
	const long *argument = a->call->argument;
	unsigned long value = (unsigned long)a->value;
	int n;

	switch (kind) {
	case K_SOCKADDR:
		put_address(a, value, (unsigned)argument[a->at + 1]);
		break;
	case K_SOCKADDR_OUT:
		if (a->done && value)
			put_address(a, value, length_at((unsigned long)argument[a->at + 1]));
		else
			trace_pointer(a->to, value);
		break;
	case K_LEN_OUT:
		if (!value || !a->done) {
			trace_pointer(a->to, value);
			break;
		}
		syslayer_puts(a->to, "[");
		syslayer_putn(a->to, length_at(value), 0);
		syslayer_puts(a->to, "]");
		break;
	case K_INT_IN:
		if (argument[4] != sizeof n) {
			trace_bytes(a, value, (size_t)argument[4], 0);
		} else if (trace_copy(a, &n, value, sizeof n)) {
			syslayer_puts(a->to, "[");
			trace_puti(a->to, n);
			syslayer_puts(a->to, "]");
		}
		break;
	case K_INT_OUT:
		if (!a->done || length_at((unsigned long)argument[4]) != sizeof n) {
			trace_pointer(a->to, value);
		} else if (trace_copy(a, &n, value, sizeof n)) {
			syslayer_puts(a->to, "[");
			trace_puti(a->to, n);
			syslayer_puts(a->to, "]");
		}
		break;
	case K_IOVEC_IN:
		put_vector(a, value, (unsigned long)argument[a->at + 1], 0x7fffffff);
		break;
	case K_IOVEC_OUT:
		put_vector(a, value, (unsigned long)argument[a->at + 1], a->done ? a->call->result : -1);
		break;
	case K_MSGHDR:
		put_message(a, 0);
		break;
	case K_MSGHDR_OUT:
		put_message(a, 1);
		break;
	default:
		trace_pointer(a->to, value);
	}
}
