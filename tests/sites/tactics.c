// SPDX-License-Identifier: BSD-2-Clause
/* Calls the functions of tactics.S with -1: each must return -EBADF. */
#include <errno.h>
#include <stdio.h>

typedef long function(long);
extern function before, after, around, around_two, three, nowhere;

int main(void)
{
	static function *const all[] = {before, after, around, around_two, three, nowhere};
	int bad = 0;

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		long result = all[i](-1);

		if (result != -EBADF) {
			printf("%u: %ld\n", i, result);
			bad = 1;
		}
	}
	return bad;
}
