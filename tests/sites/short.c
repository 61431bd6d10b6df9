// SPDX-License-Identifier: BSD-2-Clause
/* Calls the functions of short.S: each must return what getppid does, and leave rbx alone. */
#include <stdio.h>
#include <unistd.h>

typedef long function(long);
#define ALL(f)                                                                                               \
	f(itself) f(behind) f(pushed) f(computed) f(no_fill) f(dynamic) f(forks) f(first) f(second) f(third) \
	    f(fourth) f(taker) f(returns) f(branched) f(named) f(small) f(inside) f(run_into) f(long_one)    \
	        f(near) f(far)
#define DECLARE(name) extern function name;
#define ENTRY(name) {#name, name},
ALL(DECLARE)

int main(void)
{
	static const struct {
		const char *name;
		function *call;
	} all[] = {ALL(ENTRY)};
	int bad = 0;

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		long result = all[i].call(3);

		if (result != getppid()) {
			printf("%s: %ld\n", all[i].name, result);
			bad = 1;
		}
	}
	return bad;
}
