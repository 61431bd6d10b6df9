// SPDX-License-Identifier: BSD-2-Clause
/* Calls what large.S has. */
#include <unistd.h>

extern long (*const getppids[])(void);

int main(void)
{
	for (int i = 0; getppids[i]; i++)
		if (getppids[i]() != getppid())
			return 1;
	return 0;
}
