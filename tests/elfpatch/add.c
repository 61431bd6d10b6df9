// SPDX-License-Identifier: BSD-2-Clause
/* A shared library that makes a system call of its own. */
#include <unistd.h>
#include <syslayer/sys.h>

long add(long n);

long add(long n)
{
	return n + (sys_getpid() == getpid());
}
