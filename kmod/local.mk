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
	%D%/recent.c \
	%D%/section.c
kmod_headers = include/syslayer/abi.h include/syslayer/image.h

# In a folder of its own: the kernel's build system writes next to its sources.
kmod-tree:
	@$(MKDIR_P) "$(KMOD_BUILD)/include/syslayer"
	@for f in $(kmod_sources); do cp -fp "$(srcdir)/$$f" "$(KMOD_BUILD)/" || exit; done
	@for f in $(kmod_headers); do cp -fp "$(srcdir)/$$f" "$(KMOD_BUILD)/include/syslayer/" || exit; done
	@printf 'SYSLAYER_DIRECTORY = %s\nSYSLAYER_VERSION = %s\n' "$(sysconfdir)/syslayer" "$(VERSION)" \
	  >"$(KMOD_BUILD)/settings.mk"

kmod: kmod-tree
	@test -d "$(KDIR)" || { echo "no kernel to build for in $(KDIR): make kmod KDIR=DIRECTORY" >&2; exit 1; }
	$(MAKE) -C "$(KDIR)" M="`cd "$(KMOD_BUILD)" && pwd`" modules
kmod-directory:
	@echo "$(sysconfdir)/syslayer"
.PHONY: kmod kmod-tree kmod-directory

# The sources for dkms(8), which looks for them there and nowhere else: dkms add syslayer/VERSION
dkmsdir = /usr/src/syslayer-$(VERSION)
install-dkms:
	$(MAKE) $(AM_MAKEFLAGS) kmod-tree KMOD_BUILD="$(DESTDIR)$(dkmsdir)"
	cp -f "$(srcdir)/%D%/COPYING" "$(DESTDIR)$(dkmsdir)/"
	sed 's,@[V]ERSION@,$(VERSION),' "$(srcdir)/%D%/dkms.conf.in" >"$(DESTDIR)$(dkmsdir)/dkms.conf"
uninstall-dkms:
	rm -rf "$(DESTDIR)$(dkmsdir)"
.PHONY: install-dkms uninstall-dkms

# Examples, to be copied to /etc.
kmodexampledir = $(pkgdatadir)/kmod
kmodexample_DATA = %D%/modprobe.conf %D%/modules-load.conf

clean-local:
	rm -rf kmod/build
EXTRA_DIST += $(kmod_sources) $(kmodexample_DATA) %D%/COPYING %D%/dkms.conf.in
