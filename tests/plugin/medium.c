// SPDX-License-Identifier: BSD-2-Clause
/* With -mcmodel=medium: .lbss and .ldata, far from .bss and .data. */
#include <stdio.h>
#include <unistd.h>

static char large[1 << 20], small[100];
long initialised[40000] = {5};

int main(void)
{
	for (int i = 0; i < 1 << 20; i++)
		if (large[i])
			return 1;
	large[77] = 3;
	small[0] = 4;
	printf("%ld\n", large[77] + small[0] + initialised[0] + (getppid() > 0));
	return 0;
}
