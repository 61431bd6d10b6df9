# SPDX-License-Identifier: BSD-2-Clause
# The manual pages: one a line, alphabetical.
dist_man_MANS += \
	%D%/elfpatch.1 \
	%D%/libsys.3 \
	%D%/syslayer-abi.7 \
	%D%/syslayer-count.7 \
	%D%/syslayer-deny.7 \
	%D%/syslayer-exhaustive.7 \
	%D%/syslayer-inject.7 \
	%D%/syslayer-kmod.4 \
	%D%/syslayer-layer.7 \
	%D%/syslayer-pin.7 \
	%D%/syslayer-slot.7 \
	%D%/syslayer-trace.7 \
	%D%/syslayer.7
