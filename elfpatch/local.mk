# SPDX-License-Identifier: BSD-2-Clause
# The engine (also in the linker plugin, hence a libtool library), and elfpatch on top of it.
noinst_LTLIBRARIES += %D%/libengine.la
%C%_libengine_la_SOURCES = \
	%D%/engine/added.c \
	%D%/engine/added.h \
	%D%/engine/blobs.S \
	%D%/engine/blobs.h \
	%D%/engine/checksum.c \
	%D%/engine/eh-frame.c \
	%D%/engine/error.c \
	%D%/engine/error.h \
	%D%/engine/functions.c \
	%D%/engine/functions.h \
	%D%/engine/headers.c \
	%D%/engine/kind.c \
	%D%/engine/object.c \
	%D%/engine/object.h \
	%D%/engine/reserve.c \
	%D%/engine/rewrite.c \
	%D%/engine/sites.c \
	%D%/engine/sites.h \
	%D%/engine/x86_64-decode.c \
	%D%/engine/x86_64-targets.c \
	%D%/engine/x86_64-trampoline.c
%C%_libengine_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%/engine
%C%_libengine_la_CFLAGS = $(AM_CFLAGS) $(LIBELF_CFLAGS) $(ZYDIS_CFLAGS) -fvisibility=hidden
%C%_libengine_la_CCASFLAGS = -I$(builddir)
%C%_libengine_la_LIBADD = $(LIBELF_LIBS) $(ZYDIS_LIBS)

# .incbin: the assembler finds them from the build directory. All objects, for Automake owns the one's rule.
$(%C%_libengine_la_OBJECTS): runtime/runtime.bin layers/native.img
$(libengine_blobs): runtime/runtime.bin layers/native.img

bin_PROGRAMS += %D%/elfpatch
%C%_elfpatch_SOURCES = \
	%D%/main.c
%C%_elfpatch_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%/engine -DLAYER_DIR='"$(layerdir)"'
%C%_elfpatch_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZYDIS_CFLAGS)
%C%_elfpatch_LDADD = %D%/libengine.la $(JANSSON_LIBS)
