# SPDX-License-Identifier: BSD-2-Clause
# Stub images. A layer is: its sources, and one rule that says $(LAYER_IMAGE) SOURCES.

layer_DATA += %D%/native.img %D%/count.img %D%/count-time.img %D%/deny.img %D%/exhaustive.img %D%/inject.img %D%/native-run.img %D%/pin.img %D%/trace.img

layer_headers = $(srcdir)/include/syslayer/abi.h $(srcdir)/include/syslayer/handle-x86_64.h \
	$(srcdir)/include/syslayer/image-x86_64.h $(srcdir)/include/syslayer/layer.h \
	$(srcdir)/include/syslayer/layer-x86_64.h $(srcdir)/include/syslayer/slot-x86_64.h
layer_table = $(srcdir)/include/syslayer/syscalls-x86_64.tbl
# What every image is made with, and what the files of pkg-config say to others (tests/layer-installed.bats): the library
# as one object, so that its place on a command line does not matter, and the linker script.
layer_made_with = %D%/layer.o %D%/layer.lds
layer_kitdir = $(pkglibdir)/layer
layer_kit_DATA = $(layer_made_with)
pkgconfig_DATA += %D%/syslayer-image.pc %D%/syslayer-layer.pc

# $(srcdir), as they go to one compiler call: the compiler's own temporary objects, nothing to clash.
library_sources = \
	%D%/library/alternate.c \
	%D%/library/ask.c \
	%D%/library/call.S \
	%D%/library/cancel.c \
	%D%/library/channel.c \
	%D%/library/crash.c \
	%D%/library/dispatch.S \
	%D%/library/dispatch.c \
	%D%/library/dispatch-action.c \
	%D%/library/dispatch-calls.c \
	%D%/library/dispatch-leave.c \
	%D%/library/dispatch-maps.c \
	%D%/library/dispatch-places.c \
	%D%/library/dispatch-signal.c \
	%D%/library/dispatch-site.c \
	%D%/library/end-exec.c \
	%D%/library/end-threads.c \
	%D%/library/end.c \
	%D%/library/enter.S \
	%D%/library/filter.c \
	%D%/library/follow.c \
	%D%/library/init.c \
	%D%/library/last.S \
	%D%/library/keep.c \
	%D%/library/load.c \
	%D%/library/memory.c \
	%D%/library/open.c \
	%D%/library/peek.S \
	%D%/library/peek.c \
	%D%/library/release.c \
	%D%/library/settled.c \
	%D%/library/signal-entry.S \
	%D%/library/signal.c \
	%D%/library/stack.S \
	%D%/library/text.c \
	%D%/library/write.c
library_headers = \
	%D%/library/asm.h \
	%D%/library/ask.h \
	%D%/library/dispatch.h \
	%D%/library/library.h \
	%D%/library/stack.h
native_sources = $(srcdir)/%D%/native.S
count_common = $(srcdir)/%D%/count.c $(srcdir)/%D%/count-report.c $(srcdir)/%D%/output.c
count_headers = $(srcdir)/%D%/count.h $(srcdir)/%D%/output.h
count_sources = $(srcdir)/%D%/count.S $(srcdir)/%D%/count-no-time.c $(count_common)
count_time_sources = $(srcdir)/%D%/count-time.c $(count_common)
deny_sources = $(srcdir)/%D%/deny.c $(srcdir)/%D%/deny-policy.c
exhaustive_sources = $(srcdir)/%D%/exhaustive.c $(srcdir)/%D%/output.c
inject_sources = $(srcdir)/%D%/inject.c $(srcdir)/%D%/inject-options.c
pin_sources = $(srcdir)/%D%/pin.c
set_sources = $(srcdir)/%D%/pattern.c $(srcdir)/%D%/set.c $(srcdir)/%D%/words.c
set_headers = $(srcdir)/%D%/pattern.h $(srcdir)/%D%/set.h $(srcdir)/%D%/words.h %D%/calls.h %D%/error-names.h
trace_sources = \
	$(srcdir)/%D%/output.c \
	$(srcdir)/%D%/trace.c \
	$(srcdir)/%D%/trace-constants.c \
	$(srcdir)/%D%/trace-futex.c \
	$(srcdir)/%D%/trace-options.c \
	$(srcdir)/%D%/trace-print.c \
	$(srcdir)/%D%/trace-sockets.c \
	$(srcdir)/%D%/trace-struct.c \
	$(srcdir)/%D%/trace-thread.c
trace_headers = $(srcdir)/%D%/output.h $(srcdir)/%D%/trace.h $(srcdir)/%D%/trace-options.h \
	$(srcdir)/%D%/trace-thread.h

# PIE, although it is not: whatever would need a relocation shows, and the script refuses it.
LAYER_LINK = -nostdlib -static -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-dynamic-linker \
	-Wl,-pie -Wl,--oformat=binary
LAYER_IMAGE = layer_image () { \
	  $(CC) $(FREESTANDING_CPPFLAGS) -Wa,-I$(srcdir)/include -std=gnu11 $(WARN_CFLAGS) $(FREESTANDING_FLAGS) -I%D% \
	    $(LAYER_LINK) \
	    -Wl,-T,%D%/layer.lds -o $@-t "$$@" && \
	  chmod a-x $@-t && mv $@-t $@; \
	}; layer_image

%D%/native.img: $(native_sources) $(layer_headers) %D%/layer.lds
	$(AM_V_FREE)$(LAYER_IMAGE) $(native_sources)

%D%/native-run.img: $(srcdir)/%D%/native-run.S $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(srcdir)/%D%/native-run.S

# For programs that the kernel module enforces.
layer_DATA += %D%/enforce.img
enforce_sources = $(srcdir)/%D%/enforce.S $(srcdir)/%D%/enforce.c
%D%/enforce.img: $(enforce_sources) $(srcdir)/%D%/gate.h $(layer_headers) %D%/layer.lds
	$(AM_V_FREE)$(LAYER_IMAGE) $(enforce_sources)
EXTRA_DIST += %D%/enforce.S %D%/enforce.c %D%/gate.h

%D%/count.img: $(count_sources) $(count_headers) $(layer_headers) $(layer_made_with) %D%/names.h
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(count_sources)

%D%/count-time.img: $(count_time_sources) $(count_headers) $(layer_headers) $(layer_made_with) %D%/names.h
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(count_time_sources)

%D%/deny.img: $(deny_sources) $(srcdir)/%D%/deny.h $(set_sources) $(set_headers) $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(deny_sources) $(set_sources)

%D%/exhaustive.img: $(exhaustive_sources) $(srcdir)/%D%/output.h $(set_sources) $(set_headers) $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(exhaustive_sources) $(set_sources)

%D%/inject.img: $(inject_sources) $(srcdir)/%D%/inject.h $(set_sources) $(set_headers) $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(inject_sources) $(set_sources)

%D%/pin.img: $(pin_sources) $(set_sources) $(set_headers) $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) %D%/layer.o $(pin_sources) $(set_sources)

%D%/trace.img: $(trace_sources) $(trace_headers) $(set_sources) $(set_headers) $(layer_headers) $(layer_made_with)
	$(AM_V_FREE)$(LAYER_IMAGE) -O2 %D%/layer.o $(trace_sources) $(set_sources)

%D%/layer.o: $(library_sources) $(library_headers) $(srcdir)/%D%/gate.h $(srcdir)/include/syslayer/run.h $(layer_headers)
	@$(MKDIR_P) %D%/library
	$(AM_V_FREE)objects=; for f in $(library_sources); do \
	  $(CC) $(FREESTANDING_CPPFLAGS) $(FREESTANDING_CFLAGS) -O2 -c -o %D%/library/`basename $$f`.o $(srcdir)/$$f || exit 1; \
	  objects="$$objects %D%/library/`basename $$f`.o"; \
	done && \
	$(CC) -nostdlib -r -o $@ $$objects

%D%/layer.lds: $(srcdir)/%D%/library/layer.lds.S $(srcdir)/include/syslayer/abi.h
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(CC) -E -P -x assembler-with-cpp $(FREESTANDING_CPPFLAGS) \
	  $(srcdir)/%D%/library/layer.lds.S >$@-t && mv $@-t $@

%D%/names.h: $(srcdir)/%D%/names.awk $(layer_table)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/names.awk $(layer_table) >$@-t && mv $@-t $@

%D%/calls.h: $(srcdir)/%D%/calls.awk $(layer_table) $(srcdir)/%D%/calls-x86_64.tbl
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/calls.awk $(layer_table) $(srcdir)/%D%/calls-x86_64.tbl >$@-t && mv $@-t $@

%D%/error-names.h: $(srcdir)/%D%/errno.awk $(srcdir)/%D%/errno.tbl
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/errno.awk $(srcdir)/%D%/errno.tbl >$@-t && mv $@-t $@

# pkg-config drops -I of a directory that the compiler looks into by itself; the assembler does not.
layer_pc = $(SED) -e 's|%prefix%|$(prefix)|' -e 's|%includedir%|$(includedir)|' -e 's|%kit%|$(layer_kitdir)|' \
	-e 's|%version%|$(VERSION)|' -e 's|%cflags%|$(FREESTANDING_FLAGS)|' -e 's|%link%|$(LAYER_LINK)|' \
	-e '/^prefix=/!s|=$(prefix)/|=$${prefix}/|'
%D%/syslayer-image.pc: $(srcdir)/%D%/syslayer-image.pc.in Makefile
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(layer_pc) $(srcdir)/$@.in >$@-t && mv $@-t $@
%D%/syslayer-layer.pc: $(srcdir)/%D%/syslayer-layer.pc.in Makefile
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(layer_pc) $(srcdir)/$@.in >$@-t && mv $@-t $@

CLEANFILES += %D%/*.img %D%/*.o %D%/library/*.o %D%/*-t %D%/layer.lds %D%/names.h %D%/calls.h %D%/error-names.h \
	%D%/syslayer-image.pc %D%/syslayer-layer.pc
EXTRA_DIST += %D%/syslayer-image.pc.in %D%/syslayer-layer.pc.in
EXTRA_DIST += $(library_sources) $(library_headers) %D%/library/layer.lds.S \
	%D%/native.S %D%/native-run.S %D%/count.S %D%/count.c %D%/count.h %D%/count-report.c %D%/count-no-time.c %D%/count-time.c %D%/names.awk \
	%D%/calls.awk %D%/calls-x86_64.tbl %D%/errno.awk %D%/errno.tbl %D%/pattern.c %D%/pattern.h %D%/set.c %D%/set.h %D%/words.c %D%/words.h \
	%D%/deny.c %D%/deny.h %D%/deny-policy.c %D%/inject.c %D%/inject.h %D%/inject-options.c \
	%D%/pin.c %D%/exhaustive.c \
	%D%/trace.c %D%/trace-constants.c %D%/trace-futex.c %D%/output.c %D%/output.h %D%/trace-options.c %D%/trace-print.c \
	%D%/trace-sockets.c %D%/trace-struct.c %D%/trace-thread.c %D%/trace-thread.h %D%/trace.h %D%/trace-options.h \
	tests/layers/births.c tests/layers/futexes.c tests/layers/host.c tests/layers/kit-host.c tests/layers/kit.c tests/layers/kit.h tests/layers/calls.c tests/layers/left.c tests/layers/lines.c tests/layers/numbers.c tests/layers/outside.c tests/layers/stacks.c tests/layers/shapes.c tests/layers/slots.c \
	tests/layers/selected.c tests/layers/site.c tests/layers/site.h tests/layers/unmaps.c
