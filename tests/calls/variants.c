// SPDX-License-Identifier: BSD-2-Clause
/* Calls each function of variants.S: prints its name, and what is wrong, if anything. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One a line. */
/* clang-format off */
#define VARIANTS(v) \
	v(v_xor, -EBADF) \
	v(v_xor_padded, -EBADF) \
	v(v_xor_rax, -EBADF) \
	v(v_sub, -EBADF) \
	v(v_upper_half, parent) \
	v(v_minus_one, -ENOSYS) \
	v(v_rip_lea, parent) \
	v(v_rip_mov, -EBADF) \
	v(v_rip_cmp, parent) \
	v(v_rip_cmp_large, parent) \
	v(v_rip_store, parent) \
	v(v_rip_behind, parent) \
	v(v_loop, parent) \
	v(v_loop_around, parent) \
	v(v_two_numbers, parent + self) \
	v(v_skip_number, parent) \
	v(v_jump_into, parent) \
	v(v_jump_table_4, parent) \
	v(v_jump_table_in_code, parent) \
	v(v_jump_table_8, parent) \
	v(v_loaded_address, parent) \
	v(v_low_byte, parent) \
	v(v_cmov, parent) \
	v(v_exchange, parent) \
	v(v_popped, parent) \
	v(v_multiplied, parent) \
	v(v_string, parent) \
	v(v_back_to_back, -EBADF) \
	v(v_near, parent) \
	v(v_shared, parent) \
	v(v_first_and_last, parent) \
	v(v_return_and_padding, parent) \
	v(v_pushes, parent) \
	v(v_stack_operands, parent) \
	v(v_behind_call, parent) \
	v(v_behind_indirect_call, parent) \
	v(v_landing_pad, parent) \
	v(v_rex, parent) \
	v(v_no_instruction, 0x050f) \
	v(v_red_zone, 0) \
	v(v_page, parent) \
	v(v_page_start, parent)
/* clang-format on */

#define DECLARE(name, value) long name(long);
VARIANTS(DECLARE)

extern const unsigned char variant_table[], variant_table_end[];

/* FNV-1a, of the table as it was written. */
static uint64_t checksum(void)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (const unsigned char *p = variant_table; p < variant_table_end; p++)
		sum = (sum ^ *p) * 0x100000001b3;
	return sum;
}

int main(int argc, char **argv)
{
	long parent = getppid(), self = getpid();
	int rounds = argc > 1 ? atoi(argv[1]) : 1, bad = 0;

	for (int i = 0; i < rounds; i++) {
#define CALL(name, value)                                                                                    \
	{                                                                                                    \
		long result = name(-1), expected = (value);                                                  \
                                                                                                             \
		if (!i)                                                                                      \
			puts(#name);                                                                         \
		if (result != expected) {                                                                    \
			printf("wrong: " #name ": %ld, not %ld\n", result, expected);                        \
			bad = 1;                                                                             \
		}                                                                                            \
	}
		VARIANTS(CALL)
	}
	printf("table %#lx\n", (unsigned long)checksum());
	return bad;
}
