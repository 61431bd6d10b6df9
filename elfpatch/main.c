// SPDX-License-Identifier: BSD-2-Clause
/* elfpatch(1): the section .syscalls of linked programs. */
#include <config.h>
#include <stdio.h>

int main(void)
{
	puts("elfpatch " PACKAGE_VERSION);
	return 0;
}
