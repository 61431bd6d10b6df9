/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a stub image is laid out (syslayer-abi(7)): slots, text and rodata in .image, which
 * becomes the file; .state is the zeroed memory right behind it. An image is mapped at any
 * page, without relocations: it is linked as PIE so that each of them shows and stops the link.
 */
#include <syslayer/abi.h>

ENTRY(image_start)
SECTIONS
{
	. = 0;
	.image : {
		image_start = .;
		KEEP(*(.slots))
		image_slots = .;
		/* What compilers make, and no stub is in (cancel.c). */
		image_code = .;
		*(.text .text.unlikely .text.unlikely.* .text.hot .text.hot.* .text.startup .text.startup.*)
		image_code_end = .;
		*(.text.* .rodata .rodata.*)
		. = ALIGN(4);
		syslayer_windows = .;
		*(.syslayer_windows)
		syslayer_windows_end = .;
		. = ALIGN(SYSLAYER_PAGE);
		image_end = .;
	}
	.state (NOLOAD) : {
		image_state_start = .;
		/* Stacks come first: one that overflows runs into the image, which is not writable. */
		*(.bss.stacks)
		. = ALIGN(SYSLAYER_PAGE);
		/* Pages that a child of fork gets zeroed (MADV_WIPEONFORK). */
		state_start = .;
		*(.bss.wiped)
		*(.bss.wiped_large)
		. = ALIGN(SYSLAYER_PAGE);
		state_wiped_end = .;
		/* What is small and in use, then what most processes never touch: each page that is, is private. */
		*(.bss COMMON)
		*(.bss.stacks_table)
		*(.bss.*)
		. = ALIGN(SYSLAYER_PAGE);
		state_end = .;
	}
	.data : { *(.data .data.* .tdata .tbss .init_array .fini_array .ctors .dtors) }
	.got : { *(.got .got.plt .igot .igot.plt .plt .iplt) }
	.rela : { *(.rela .rela.*) }
	/* As far from the base as the state is large: a distance needs no relocation. */
	image_state = image_start + (state_end - image_state_start);
	/DISCARD/ : {
		*(.comment .note .note.* .eh_frame .dynsym .dynstr .hash .gnu.hash .dynamic .interp .debug*)
	}
	ASSERT(image_slots - image_start == SYSLAYER_SLOTS_SIZE, "SYSLAYER_LAYER is missing, or there twice")
	ASSERT(SIZEOF(.data) == 0, "a layer has no initialised data: state is zero, or const")
	ASSERT(SIZEOF(.got) == 0, "a layer has no GOT: declare the symbol hidden")
	ASSERT(SIZEOF(.rela) == 0, "a layer has no relocations: no pointers in const data")
	ASSERT(image_state_start == image_end, "state is right behind the image")
	ASSERT(state_end - image_start <= SYSLAYER_SIZE_DEFAULT, "it does not fit a section")
}
