// SPDX-License-Identifier: BSD-2-Clause
/* Sums that tell whether bytes are still those that were written. */
#include "added.h"

#define FNV_PRIME 0x100000001b3u

uint64_t checksum(uint64_t sum, const void *bytes, uint64_t length)
{
	const unsigned char *p = bytes;

	/* Both steps are one-to-one, modulo 2^64 and modulo 2^32: what differs once differs to the end. */
	while (length--)
		sum = (sum ^ *p++) * FNV_PRIME;
	return sum;
}

uint32_t added_checksum(const unsigned char *bytes, uint64_t length)
{
	static const unsigned char zero[sizeof(uint32_t)];
	const uint64_t at = offsetof(struct syslayer_added, checksum);
	uint64_t sum = checksum(CHECKSUM_START, bytes, at);

	sum = checksum(sum, zero, sizeof zero);
	return (uint32_t)checksum(sum, bytes + at + sizeof zero, length - at - sizeof zero);
}
