/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime is one flat piece, position independent, without a writable byte. */
SECTIONS {
	. = 0;
	.runtime : {
		*(.block)
		*(.text .text.*)
		*(.rodata .rodata.*)
	}
	.forbidden : { *(.data .data.* .bss .bss.* COMMON .got .got.* .rela.*) }
	/DISCARD/ : { *(.comment .note* .eh_frame*) }
	ASSERT(SIZEOF(.forbidden) == 0, "the runtime must not have data or relocations")
	ASSERT(SIZEOF(.runtime) <= 8192, "the runtime must not exceed 8 KiB")
}
