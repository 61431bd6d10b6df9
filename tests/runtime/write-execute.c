// SPDX-License-Identifier: BSD-2-Clause
/* What the sampler and the rules against writable code must catch, else they prove nothing. */
#include <sys/mman.h>

int main(void)
{
	void *p = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 3 : 0;
}
