// SPDX-License-Identifier: BSD-2-Clause
// signals WHAT HOW: the handler of a signal that interrupts a call looks for its callers (backtrace), throws,
// or jumps; or no signal comes (wait), for others to look. HOW: own, a call in the program itself; library,
// one of the C library; restart, one that is begun again.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

static int destroyed, handled;
// For the child.
static volatile int *signal_came;
static sigjmp_buf place;
static const char *what, *how;

struct counted {
	~counted()
	{
		destroyed++;
	}
};

// Functions that are looked for have a section each: its name makes the linker tell where it is.
#define FUNCTION(name) __attribute__((noinline, section(#name "_code")))
#define IS_IN(name, pc) ((pc) >= __start_##name##_code && (pc) < __stop_##name##_code)
extern "C" char __start_waits_code[], __stop_waits_code[], __start_calls_code[], __stop_calls_code[],
    __start_main_code[], __stop_main_code[];

static _Unwind_Reason_Code look(_Unwind_Context *context, void *)
{
	int exact;
	auto pc = _Unwind_GetIPInfo(context, &exact);
	auto code = reinterpret_cast<char *>(pc - !exact);

	if (IS_IN(waits, code))
		puts("waits");
	if (IS_IN(calls, code))
		puts("calls");
	if (IS_IN(main, code))
		puts("main");
	return _URC_NO_REASON;
}

static void handler(int)
{
	*signal_came = 1;
	if (handled++)
		return;
	if (!strcmp(what, "backtrace"))
		_Unwind_Backtrace(look, nullptr);
	else if (!strcmp(what, "throw"))
		throw 5;
	else
		siglongjmp(place, 1);
}

FUNCTION(waits) static long waits()
{
	long result;

	if (!strcmp(how, "library"))
		return pause();
	// Of the calls that a signal interrupts, wait4 is one that goes on.
	__asm__ volatile("movl %1, %%eax\n\tsyscall"
	                 : "=&a"(result)
	                 : "i"(SYS_wait4), "D"(-1L), "S"(0L), "d"(0L)
	                 : "rcx", "r11", "memory");
	return result;
}

FUNCTION(calls) static long calls()
{
	counted here;

	return waits() + destroyed;
}

static int try_it()
{
	try {
		calls();
		return 0;
	} catch (int thrown) {
		return thrown;
	}
}

FUNCTION(main) int main(int argc, char **argv)
{
	struct sigaction a = {};
	struct itimerval soon = {{0, 50000}, {0, 50000}};
	int got = -1;

	if (argc < 3)
		return 2;
	what = argv[1];
	how = argv[2];
	a.sa_handler = handler;
	a.sa_flags = !strcmp(how, "restart") ? SA_RESTART : 0;
	sigaction(SIGALRM, &a, nullptr);
	// A child to wait for, that ends some time after the signal.
	signal_came = static_cast<int *>(
	    mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	if (strcmp(how, "library") != 0 && !fork()) {
		for (int i = 0; i < 5000 && !*signal_came && strcmp(what, "wait") != 0; i++)
			usleep(1000);
		usleep(200000);
		_exit(0);
	}
	if (strcmp(what, "wait") != 0)
		setitimer(ITIMER_REAL, &soon, nullptr);
	else if (puts("ready") && fflush(stdout))
		return 2;
	if (sigsetjmp(place, 1))
		got = 7;
	else
		got = try_it();
	printf("%s %s: %d, destroyed %d, handled %d\n", what, how, got, destroyed, handled > 0);
	return 0;
}
