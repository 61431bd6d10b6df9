// SPDX-License-Identifier: BSD-2-Clause
// unwind WHAT: exceptions, and threads that are cancelled, run destructors.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

static std::atomic<int> destroyed;
static int ends[2], null;

struct counted {
	~counted()
	{
		getppid();
		destroyed++;
	}
};

static void down(int depth)
{
	counted here;

	getppid();
	if (!depth)
		throw std::runtime_error("from " + std::to_string(getppid() > 0));
	down(depth - 1);
}

static int exceptions()
{
	for (int i = 0; i < 100; i++) {
		try {
			down(10);
		} catch (const std::exception &e) {
			if (strcmp(e.what(), "from 1") != 0)
				return 1;
		}
	}
	return destroyed != 1100;
}

static void *blocked(void *)
{
	counted one, two;
	char c;

	return read(ends[0], &c, 1) ? nullptr : &ends;
}

/* Most often it is on the way to a call, or back. */
static void *busy(void *)
{
	counted one, two;

	for (;;)
		if (write(null, "x", 1) != 1)
			return nullptr;
}

static int cancelled(void *(*f)(void *), int threads)
{
	int bad = pipe(ends);

	alarm(10);
	for (int i = 0; i < threads; i++) {
		pthread_t t;
		void *result;

		bad |= pthread_create(&t, nullptr, f, nullptr);
		usleep(f == busy ? 500 : 5000);
		pthread_cancel(t);
		bad |= pthread_join(t, &result) || result != PTHREAD_CANCELED;
	}
	if (destroyed != 2 * threads)
		printf("%d destructors were run\n", destroyed.load());
	return bad || destroyed != 2 * threads;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "exceptions";
	int bad = 0;

	null = open("/dev/null", O_WRONLY);
	if (!strcmp(what, "cancelled"))
		bad = cancelled(blocked, 10);
	else if (!strcmp(what, "busy"))
		bad = cancelled(busy, 200);
	else
		bad = exceptions();
	printf("%s: %s\n", what, bad ? "wrong" : "right");
	return bad;
}
