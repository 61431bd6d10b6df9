# SPDX-License-Identifier: BSD-2-Clause
# Stub images. A layer is: its sources, their headers, and one rule that says $(LAYER_IMAGE) SOURCES.

layer_DATA += %D%/native.img %D%/count.img

# $(srcdir), as they go to one compiler call: the compiler's own temporary objects, nothing to clash.
native_sources = $(srcdir)/%D%/native.S
count_sources = \
	$(srcdir)/%D%/count.S \
	$(srcdir)/%D%/count.c \
	$(srcdir)/%D%/count-exec.c \
	$(srcdir)/%D%/count-report.c \
	$(srcdir)/%D%/count-signal.c \
	$(srcdir)/%D%/count-threads.c \
	$(layer_library)
layer_library = $(srcdir)/%D%/lib.c $(srcdir)/%D%/write.c
layer_headers = $(srcdir)/%D%/lib.h $(srcdir)/include/syslayer/abi.h \
	$(srcdir)/include/syslayer/slot-x86_64.h
layer_table = $(srcdir)/include/syslayer/syscalls-x86_64.tbl

# PIE, although it is not: whatever would need a relocation shows, and image.lds.S refuses it.
LAYER_LINK = $(FREESTANDING_COMPILE) -I%D% $(FREESTANDING_LINK) -Wl,-pie -Wl,-T,%D%/image.lds
LAYER_IMAGE = layer_image () { \
	  $(LAYER_LINK) -o $@.elf "$$@" && $(OBJCOPY) -O binary -j .image $@.elf $@-t && \
	  chmod a-x $@-t && mv $@-t $@; \
	}; layer_image

%D%/native.img: $(native_sources) $(layer_headers) %D%/image.lds
	$(AM_V_FREE)$(LAYER_IMAGE) $(native_sources)

%D%/count.img: $(count_sources) $(srcdir)/%D%/count.h $(layer_headers) %D%/image.lds %D%/names.h
	$(AM_V_FREE)$(LAYER_IMAGE) $(count_sources)

%D%/image.lds: $(srcdir)/%D%/image.lds.S $(srcdir)/include/syslayer/abi.h
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(CC) -E -P -x assembler-with-cpp $(FREESTANDING_CPPFLAGS) $(srcdir)/%D%/image.lds.S >$@-t && \
	mv $@-t $@

%D%/names.h: $(srcdir)/%D%/names.awk $(layer_table)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/names.awk $(layer_table) >$@-t && mv $@-t $@

CLEANFILES += %D%/*.img %D%/*.img.elf %D%/*-t %D%/image.lds %D%/names.h
EXTRA_DIST += %D%/native.S %D%/count.S %D%/count.c %D%/count.h %D%/count-exec.c %D%/count-report.c \
	%D%/count-signal.c %D%/count-threads.c %D%/lib.c %D%/lib.h %D%/write.c %D%/image.lds.S %D%/names.awk \
	tests/layers/host.c tests/layers/site.c tests/layers/site.h
