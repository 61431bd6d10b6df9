// SPDX-License-Identifier: BSD-2-Clause
/* Sums that tell whether bytes are still those that were written. */
#include <string.h>
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

uint32_t added_checksum(const struct syslayer_added *b, const unsigned char *bytes)
{
	static const unsigned char zero[sizeof(uint32_t)];
	const uint64_t at = offsetof(struct syslayer_added, checksum);
	const uint64_t table = b->phdrs, end = table + (uint64_t)b->phdr_room * sizeof(Elf64_Phdr);
	uint64_t sum = checksum(CHECKSUM_START, bytes, at);

	sum = checksum(sum, zero, sizeof zero);
	if (table < sizeof *b || end > b->size)
		return (uint32_t)sum; /* damaged, and will not match */
	sum = checksum(sum, bytes + at + sizeof zero, table - at - sizeof zero);
	/* llvm-strip and others move segments in the file. */
	for (uint64_t i = table; i < end; i += sizeof(Elf64_Phdr)) {
		Elf64_Phdr ph;

		memcpy(&ph, bytes + i, sizeof ph);
		if (ph.p_filesz)
			ph.p_offset = 0;
		sum = checksum(sum, &ph, sizeof ph);
	}
	return (uint32_t)checksum(sum, bytes + end, b->size - end);
}
