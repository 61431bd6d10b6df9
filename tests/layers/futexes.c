// SPDX-License-Identifier: BSD-2-Clause
/* All operations of futex(2), and some that are none; none waits for longer than a moment. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LAST 14

static unsigned one, other;

static int waits(int operation)
{
	return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET ||
	       operation == FUTEX_WAIT_REQUEUE_PI;
}

static int has_time(int operation)
{
	return waits(operation) || operation == FUTEX_LOCK_PI || operation == 13 /* FUTEX_LOCK_PI2 */;
}

int main(void)
{
	static const int flags[] = {0, FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME};
	static const int changes[] = {FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_GT, 1),
	                              FUTEX_OP(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 3, FUTEX_OP_CMP_LT, 7),
	                              0x7affffff};
	const struct timespec t = {0, 1000};

	for (int i = 0; i <= LAST; i++)
		for (int k = 0; k < 3; k++)
			syscall(SYS_futex, &one, i | flags[k], waits(i), has_time(i) ? (long)&t : 2L, &other,
			        i == FUTEX_WAIT_BITSET   ? -1L
			        : i == FUTEX_WAKE_BITSET ? 5L
			                                 : 0L);
	for (int i = 0; i < 3; i++)
		syscall(SYS_futex, &one, FUTEX_WAKE_OP, 1, 1L, &other, changes[i]);
	return 0;
}
