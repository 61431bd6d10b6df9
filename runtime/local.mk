# SPDX-License-Identifier: BSD-2-Clause
# runtime.bin: flat code that elfpatch and the plugin carry and put into programs.
runtime_headers = include/syslayer/abi.h include/syslayer/image.h include/syslayer/image-x86_64.h \
	include/syslayer/slot-x86_64.h \
	%D%/runtime.h %D%/primary.h
runtime_sources = %D%/entry-x86_64.S %D%/start.c %D%/image.c %D%/native.c %D%/primary.c \
	%D%/syscall-x86_64.S
forward_sources = $(srcdir)/%D%/forward-slots.S $(srcdir)/%D%/forward.c $(srcdir)/%D%/primary.c \
	$(srcdir)/%D%/syscall-x86_64.S
runtime_cppflags = -DRUNTIME_FREESTANDING -DSYSLAYER_LAYER_DIR='"$(layerdir)"' \
	-DSYSLAYER_DEFAULT_IMAGE='"$(sysconfdir)/syslayer/linux-x86_64.img"'

# One compilation: the whole is small, and the compiler sees all of it.
%D%/runtime.bin: $(runtime_sources) %D%/runtime.lds.S $(runtime_headers)
	@$(MKDIR_P) %D%
	$(AM_V_FREE)for f in $(runtime_sources); do \
	  $(FREESTANDING_COMPILE) $(runtime_cppflags) -c -o %D%/rt-`basename $$f`.o $(srcdir)/$$f || exit 1; \
	done && \
	$(CPP) -P -D__ASSEMBLER__ $(FREESTANDING_CPPFLAGS) -o %D%/runtime.lds - < $(srcdir)/%D%/runtime.lds.S && \
	$(CC) $(FREESTANDING_LINK) -Wl,-T,%D%/runtime.lds -o %D%/runtime.elf %D%/rt-*.o && \
	$(OBJCOPY) -O binary -j .runtime %D%/runtime.elf $@

# forward.img: the stubs of libraries, and of programs that ld.so starts.
%D%/forward.img: $(forward_sources) $(runtime_headers) layers/layer.lds
	@$(MKDIR_P) %D%
	$(AM_V_FREE)$(FREESTANDING_COMPILE) -DRUNTIME_FREESTANDING $(LAYER_LINK) -Wl,-T,layers/layer.lds \
	  -o $@-t $(forward_sources) && mv $@-t $@

CLEANFILES += %D%/forward.img %D%/runtime.bin %D%/runtime.elf %D%/runtime.lds %D%/*.o
EXTRA_DIST += $(runtime_sources) %D%/runtime.lds.S %D%/runtime.h %D%/forward-slots.S %D%/forward.c %D%/primary.h
