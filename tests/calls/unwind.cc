// SPDX-License-Identifier: BSD-2-Clause
// unwind WHAT: exceptions, and threads that are cancelled, run destructors.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

static std::atomic<int> destroyed;
static int ends[2];

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

static int cancelled()
{
	int bad = pipe(ends);

	alarm(10);
	for (int i = 0; i < 10; i++) {
		pthread_t t;
		void *result;

		bad |= pthread_create(&t, nullptr, blocked, nullptr);
		usleep(5000);
		pthread_cancel(t);
		bad |= pthread_join(t, &result) || result != PTHREAD_CANCELED;
	}
	if (destroyed != 20)
		printf("%d destructors were run\n", destroyed.load());
	return bad || destroyed != 20;
}

int main(int argc, char **argv)
{
	bool cancel = argc > 1 && !strcmp(argv[1], "cancelled");
	int bad = cancel ? cancelled() : exceptions();

	printf("%s: %s\n", cancel ? "cancelled" : "exceptions", bad ? "wrong" : "right");
	return bad;
}
