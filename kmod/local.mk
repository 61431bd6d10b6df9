# SPDX-License-Identifier: BSD-2-Clause
# The kernel module. The kernel's own build system makes it, for one kernel at a time, only when
# asked for: `make kmod`, or `make kmod KDIR=/usr/src/linux-headers-...`.
KDIR = @KERNEL_SOURCE@
KMOD_BUILD = kmod/build

kmod_sources = \
	%D%/Kbuild \
	%D%/counters.c \
	%D%/counters.h \
	%D%/enforce.c \
	%D%/image.c \
	%D%/interpreter.c \
	%D%/kmod.h \
	%D%/main.c \
	%D%/note.c \
	%D%/parameters.c \
	%D%/section.c
kmod_headers = include/syslayer/abi.h include/syslayer/image.h

# In a folder of its own: the kernel's build system writes next to its sources.
kmod-tree:
	@$(MKDIR_P) "$(KMOD_BUILD)/include/syslayer"
	@for f in $(kmod_sources); do cp -fp "$(srcdir)/$$f" "$(KMOD_BUILD)/" || exit; done
	@for f in $(kmod_headers); do cp -fp "$(srcdir)/$$f" "$(KMOD_BUILD)/include/syslayer/" || exit; done
	@echo "SYSLAYER_DIRECTORY ?= $(sysconfdir)/syslayer" >"$(KMOD_BUILD)/directory.mk"

kmod: kmod-tree
	@test -d "$(KDIR)" || { echo "no kernel to build for in $(KDIR): make kmod KDIR=DIRECTORY" >&2; exit 1; }
	$(MAKE) -C "$(KDIR)" M="`cd "$(KMOD_BUILD)" && pwd`" modules
kmod-directory:
	@echo "$(sysconfdir)/syslayer"
.PHONY: kmod kmod-tree kmod-directory

clean-local:
	rm -rf kmod/build
EXTRA_DIST += $(kmod_sources) %D%/COPYING
