// SPDX-License-Identifier: BSD-2-Clause
// handlers WHAT: a signal handler is left by an exception (throw), by a thread that is cancelled in it
// (cancel), or looks for who is interrupted (backtrace). The signal is that of an instruction
// (-fnon-call-exceptions).
#include <csignal>
#include <cstdio>
#include <cstring>
#include <execinfo.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static int destroyed;
static int ends[2];
static const char *what;
static volatile int *nowhere;

struct counted {
	~counted()
	{
		destroyed++;
	}
};

// A section of its own: its name makes the linker tell where the function is.
extern "C" char __start_faults_code[], __stop_faults_code[], __start_main_code[], __stop_main_code[];

static void look()
{
	void *pc[32];
	int n = backtrace(pc, 32);

	for (int i = 0; i < n; i++) {
		auto code = static_cast<char *>(pc[i]);

		// The one that was interrupted is at its instruction; a caller is behind one.
		if (code >= __start_faults_code && code < __stop_faults_code)
			puts("faults");
		if (code - 1 >= __start_main_code && code - 1 < __stop_main_code)
			puts("main");
	}
}

extern "C" void handler(int)
{
	counted here;

	if (!strcmp(what, "throw"))
		throw 5;
	if (!strcmp(what, "backtrace")) {
		look();
		throw 6;
	}
	if (!strcmp(what, "return") && !mprotect(const_cast<int *>(nowhere), 4096, PROT_READ))
		return;
	// Until it is cancelled.
	if (write(ends[1], "", 1) == 1)
		for (;;)
			pause();
}

__attribute__((noinline, section("faults_code"))) static int faults()
{
	counted here;

	return *nowhere;
}

static void *thread(void *)
{
	counted here;

	faults();
	return nullptr;
}

static int cancelled()
{
	pthread_t t;
	void *result;
	char c;

	if (pthread_create(&t, nullptr, thread, nullptr) || read(ends[0], &c, 1) != 1 || pthread_cancel(t) ||
	    pthread_join(t, &result))
		return -1;
	return result == PTHREAD_CANCELED;
}

__attribute__((section("main_code"))) int main(int argc, char **argv)
{
	struct sigaction a = {};
	int got;

	what = argc > 1 ? argv[1] : "throw";
	a.sa_handler = handler;
	nowhere = static_cast<int *>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (nowhere == MAP_FAILED || pipe(ends) || sigaction(SIGSEGV, &a, nullptr))
		return 2;
	alarm(60);
	// Its first call loads what it needs.
	backtrace(new void *, 1);
	try {
		got = strcmp(what, "cancel") != 0 ? faults() : cancelled();
	} catch (int thrown) {
		got = thrown;
	}
	printf("%s: %d, destroyed %d\n", what, got, destroyed);
	return 0;
}
