// SPDX-License-Identifier: BSD-2-Clause
/* Exceptions through functions with destructors, through qsort of the C library, and out of a thread. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <unistd.h>

static int destroyed;

struct witness {
	~witness() { destroyed++; }
};

static std::string global = std::string("global ") + "object";

static __attribute__((noinline)) void deep(int n)
{
	witness w;
	char c = 'x';

	if (write(-1, &c, 1) == -1 && n == 0)
		throw std::runtime_error("thrown");
	deep(n - 1);
}

static int compare(const void *, const void *)
{
	deep(3);
	return 0;
}

int main()
{
	int numbers[2] = {2, 1};

	try {
		qsort(numbers, 2, sizeof *numbers, compare);
	} catch (const std::exception &e) {
		std::cout << e.what() << ' ' << destroyed << ' ' << global << std::endl;
	}
	try {
		throw 5;
	} catch (int n) {
		std::cout << n << std::endl;
	}
	return 4;
}
