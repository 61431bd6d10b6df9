# SPDX-License-Identifier: BSD-2-Clause
# The engine (also in the linker plugin, hence a libtool library), and elfpatch on top of it.
noinst_LTLIBRARIES += %D%/libengine.la
%C%_libengine_la_SOURCES = \
	%D%/engine/added.c \
	%D%/engine/added.h \
	%D%/engine/blobs.S \
	%D%/engine/blobs.h \
	%D%/engine/candidates.c \
	%D%/engine/checksum.c \
	%D%/engine/code.c \
	%D%/engine/copy.c \
	%D%/engine/eh-frame.c \
	%D%/engine/eh-frame.h \
	%D%/engine/error.c \
	%D%/engine/error.h \
	%D%/engine/fill.c \
	%D%/engine/finder.h \
	%D%/engine/forward.c \
	%D%/engine/functions.c \
	%D%/engine/functions.h \
	%D%/engine/go-functions.c \
	%D%/engine/headers.c \
	%D%/engine/image-place.c \
	%D%/engine/image.c \
	%D%/engine/kind.c \
	%D%/engine/landing-pads.c \
	%D%/engine/object-edit.c \
	%D%/engine/object-headers.c \
	%D%/engine/object-write.c \
	%D%/engine/object.c \
	%D%/engine/object.h \
	%D%/engine/offsets.c \
	%D%/engine/phdrs-place.c \
	%D%/engine/place.c \
	%D%/engine/reserve.c \
	%D%/engine/resident.c \
	%D%/engine/restore-loaded.c \
	%D%/engine/restore.c \
	%D%/engine/parallel.c \
	%D%/engine/parallel.h \
	%D%/engine/rewrite.c \
	%D%/engine/save.c \
	%D%/engine/save.h \
	%D%/engine/search.h \
	%D%/engine/section-phdrs.c \
	%D%/engine/site-rows.c \
	%D%/engine/sites.c \
	%D%/engine/sites.h \
	%D%/engine/stamp.c \
	%D%/engine/stamp.h \
	%D%/engine/sums.c \
	%D%/engine/sums.h \
	%D%/engine/symbols.c \
	%D%/engine/symbols.h \
	%D%/engine/synchronise.c \
	%D%/engine/tactics.c \
	%D%/engine/targets.c \
	%D%/engine/targets.h \
	%D%/engine/undo.c \
	%D%/engine/undo.h \
	%D%/engine/unstamp.c \
	%D%/engine/unwind-debug.c \
	%D%/engine/unwind-describe.c \
	%D%/engine/unwind-marks.c \
	%D%/engine/unwind-plan.c \
	%D%/engine/unwind-plan.h \
	%D%/engine/unwind-program.c \
	%D%/engine/unwind-program.h \
	%D%/engine/unwind-rows.c \
	%D%/engine/unwind-rows.h \
	%D%/engine/unwind-table.c \
	%D%/engine/unwind-table.h \
	%D%/engine/unwind.c \
	%D%/engine/unwind.h \
	%D%/engine/verify-headers.c \
	%D%/engine/verify-sites.c \
	%D%/engine/verify.c \
	%D%/engine/verify.h \
	%D%/engine/x86_64-decode.c \
	%D%/engine/x86_64-indirect.c \
	%D%/engine/x86_64-jump-tables.c \
	%D%/engine/x86_64-range.c \
	%D%/engine/x86_64-scan.c \
	%D%/engine/x86_64-trampoline.c \
	%D%/engine/x86_64-unwind.c \
	%D%/engine/x86_64-way.c
%C%_libengine_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%/engine
%C%_libengine_la_CFLAGS = $(AM_CFLAGS) $(ZYDIS_CFLAGS) -fvisibility=hidden
%C%_libengine_la_CCASFLAGS = -I$(builddir)
%C%_libengine_la_LIBADD = $(ZYDIS_LIBS)

# .incbin: the assembler finds them from the build directory. All objects, for Automake owns the one's rule.
$(%C%_libengine_la_OBJECTS): runtime/runtime.bin runtime/forward.img layers/native.img

# Of a start from the cache, and of one that fills it.
run_common = \
	%D%/run/answer.c \
	%D%/run/broker-start.c \
	%D%/run/broker.c \
	%D%/run/broker.h \
	%D%/run/cache.c \
	%D%/run/cache.h \
	%D%/run/closure.h \
	%D%/run/find-program.c \
	%D%/run/find-program.h \
	%D%/run/hold.c \
	%D%/run/identity.c \
	%D%/run/job.c \
	%D%/run/kernel.h \
	%D%/run/known.c \
	%D%/run/layer.c \
	%D%/run/layer.h \
	%D%/run/library-path.c \
	%D%/run/namespace.c \
	%D%/run/namespace.h \
	%D%/run/needed.c \
	%D%/run/paths.c \
	%D%/run/plan.c \
	%D%/run/plan.h \
	%D%/run/release.c \
	%D%/run/run.c \
	%D%/run/run.h \
	%D%/run/settled.c \
	%D%/run/settled.h \
	%D%/run/settled-file.c \
	%D%/run/start.c \
	%D%/run/system.c \
	%D%/run/view.c

# What is called: it hands on to elfpatch-main but for a start from the cache.
bin_PROGRAMS += %D%/elfpatch
%C%_elfpatch_SOURCES = \
	%D%/complain.c \
	%D%/engine/error.c \
	%D%/layer-path.c \
	$(run_common) \
	%D%/run/front.c
%C%_elfpatch_CPPFLAGS = $(%C%_elfpatch_main_CPPFLAGS) -DMAIN_DIR='"$(pkglibexecdir)"'
%C%_elfpatch_CFLAGS = $(%C%_elfpatch_main_CFLAGS) $(FRONT_CFLAGS)
%C%_elfpatch_LDFLAGS = $(STATIC_LDFLAGS)

pkglibexec_PROGRAMS = %D%/elfpatch-main
%C%_elfpatch_main_SOURCES = \
	%D%/cmd-cache.c \
	%D%/cmd-edit.c \
	%D%/cmd-inspect.c \
	%D%/cmd-layers.c \
	%D%/cmd-reserve.c \
	%D%/cmd-restore.c \
	%D%/cmd-rewrite.c \
	%D%/cmd-run.c \
	%D%/cmd-stamp.c \
	%D%/cmd-unstamp.c \
	%D%/cmd-verify.c \
	%D%/complain.c \
	%D%/cmd.h \
	%D%/inspect-sites.c \
	%D%/inspect.h \
	%D%/json.c \
	%D%/layer-path.c \
	%D%/links.c \
	%D%/main.c \
	%D%/progress.c \
	%D%/rewritten-totals.c \
	%D%/rewritten.c \
	%D%/rewritten.h \
	$(run_common) \
	%D%/run/closure.c \
	%D%/run/fill.c \
	%D%/run/make-plan.c \
	%D%/run/serve.c \
	%D%/run/serve.h \
	%D%/run/trim.c \
	%D%/task.h \
	%D%/trees.c \
	%D%/walk.c \
	%D%/warnings.c \
	%D%/workers.c
nodist_%C%_elfpatch_main_SOURCES = %D%/syscall-names.h
%C%_elfpatch_main_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D% -I$(srcdir)/%D%/engine -I%D% \
	-DLAYER_DIR='"$(layerdir)"'
%C%_elfpatch_main_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(ZYDIS_CFLAGS)
%C%_elfpatch_main_LDADD = %D%/libengine.la $(JANSSON_LIBS)

%D%/syscall-names.h: include/syslayer/syscalls-x86_64.tbl $(srcdir)/libsys/generate.awk
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(AWK) -v template='[@number@] = "@name@",' -f $(srcdir)/libsys/generate.awk \
	  $(srcdir)/include/syslayer/syscalls-x86_64.tbl > $@.tmp && mv -f $@.tmp $@
BUILT_SOURCES += %D%/syscall-names.h
CLEANFILES += %D%/syscall-names.h

# For the tests: changes byte after byte before verify's eyes.
check_PROGRAMS += tests/elfpatch/flip
tests_elfpatch_flip_SOURCES = tests/elfpatch/flip.c
tests_elfpatch_flip_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%/engine
tests_elfpatch_flip_CFLAGS = $(AM_CFLAGS) $(ZYDIS_CFLAGS)
tests_elfpatch_flip_LDADD = %D%/libengine.la
EXTRA_DIST += elfpatch/engine/README.md tests/elfpatch.bash tests/elfpatch/add.c tests/elfpatch/hello.c tests/elfpatch/low-segment.py \
	tests/elfpatch/truncate.py
