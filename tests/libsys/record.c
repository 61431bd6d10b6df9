/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs every wrapper that goes through a slot against stubs that record what arrives. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslayer/sys.h>
#include "slots.h"

typedef void (*function)(void);

struct call {
	const char *name;
	unsigned long number, arguments;
	function raw, classic;
};

#define CALL(name, number, arguments, kind) CALL_##kind(name, number, arguments)
#define CALL_in_place(name, number, arguments)
#define CALL_sigreturn(name, number, arguments)
#define CALL_slot(name, number, arguments)                                                                   \
	{#name, number, arguments, (function)sys_##name, (function)libsys_##name},

static const struct call calls[] = {
#include "calls.inc"
};

/* Layouts as record.S writes them. */
struct recorded {
	unsigned long number, arguments[6], slot, rsp, next, count;
} recorded;

struct kept {
	unsigned long saved[6], rsp_before, rsp_after, flags;
} kept;

long recorder_result;
int direction;

void recorder(void);
long invoke(function function, const unsigned long arguments[6]);

static int failures;

static void expect(int condition, const struct call *call, const char *what)
{
	if (condition)
		return;
	printf("%s: %s\n", call->name, what);
	failures++;
}

static void check(const struct call *call, function function, long result, long expected, int error, int df)
{
	static const unsigned long callee_saved[6] = {0x0b, 0x0e, 0x12, 0x13, 0x14, 0x15};
	static const unsigned long arguments[6] = {0x1111222233334444, 0x2222333344445555,
	                                           0x3333444455556666, 0x4444555566667777,
	                                           0x5555666677778888, 0x6666777788889999};
	long got;

	memset(&recorded, 0, sizeof(recorded));
	memset(&kept, 0, sizeof(kept));
	recorder_result = result;
	direction = df;
	errno = 0;
	got = invoke(function, arguments);

	expect(recorded.count == 1, call, "not one entry of a slot");
	expect(recorded.slot == call->number, call, "wrong slot");
	expect(recorded.number == call->number, call, "wrong number in rax");
	expect(!memcmp(recorded.arguments, arguments, call->arguments * sizeof(long)), call,
	       "arguments differ");
	expect(recorded.rsp + SYSLAYER_FRAME == kept.rsp_before - 8, call, "wrong frame");
	expect(recorded.next - (unsigned long)function < 64, call, "goes on outside itself");
	expect(((const unsigned char *)recorded.next)[-5] == 0xe9, call, "no jmp rel32 before");
	expect(!memcmp(kept.saved, callee_saved, sizeof(callee_saved)), call,
	       "a callee-saved register changed");
	expect(kept.rsp_after == kept.rsp_before, call, "rsp changed");
	expect(!(kept.flags & 0x400) == !df, call, "DF changed");
	expect(got == expected, call, "wrong result");
	expect(errno == error, call, "wrong errno");
}

int main(void)
{
	/* mov $slot,%r11d; movabs $recorder,%rcx; jmp *%rcx */
	unsigned char stub[] = {0x41, 0xbb, 0, 0, 0, 0, 0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe1};
	const unsigned long address = (unsigned long)recorder;
	const size_t count = sizeof(calls) / sizeof(calls[0]);
	const struct call *c;

	memcpy(stub + 8, &address, sizeof(address));
	if (fill_slots(stub, sizeof(stub), 2)) {
		puts("no slots");
		return 2;
	}
	for (c = calls; c < calls + count; c++) {
		check(c, c->raw, 0x123456789abcdef0, 0x123456789abcdef0, 0, 0);
		check(c, c->raw, -1, -1, 0, 1);
		check(c, c->raw, -4095, -4095, 0, 0);
		check(c, c->classic, 0x123456789abcdef0, 0x123456789abcdef0, 0, 1);
		check(c, c->classic, 0, 0, 0, 0);
		check(c, c->classic, -4096, -4096, 0, 0);
		check(c, c->classic, -4095, -1, 4095, 0);
		check(c, c->classic, -1, -1, 1, 0);
	}
	printf("%zu calls, %d failures\n", count, failures);
	return failures != 0;
}
