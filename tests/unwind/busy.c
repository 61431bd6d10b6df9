// SPDX-License-Identifier: BSD-2-Clause
/* Its time goes into system calls, made by a library function that has three callers. */
#include <fcntl.h>
#include <unistd.h>

#define BYTES (256 << 10)

static char buffer[BYTES];

__attribute__((noinline)) static long reads(int fd, int n)
{
	long sum = 0;

	while (n--)
		sum += read(fd, buffer, sizeof buffer);
	return sum;
}

__attribute__((noinline)) static long calls(int fd)
{
	return reads(fd, 20000) + 1;
}

int main(void)
{
	return calls(open("/dev/zero", O_RDONLY)) == 0;
}
