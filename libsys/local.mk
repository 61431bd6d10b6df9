# SPDX-License-Identifier: BSD-2-Clause
# libsys.a and <syslayer/sys.h>, made from the table of system calls.
libsys_table = include/syslayer/syscalls-x86_64.tbl
libsys_headers = include/syslayer/sys.h include/syslayer/abi.h

nodist_pkginclude_HEADERS = include/syslayer/sys.h
BUILT_SOURCES += include/syslayer/sys.h

include/syslayer/sys.h: $(libsys_table) %D%/generate.awk %D%/sys.h.in
	@$(MKDIR_P) include/syslayer
	$(AM_V_GEN)$(AWK) -f $(srcdir)/%D%/generate.awk $(srcdir)/$(libsys_table) $(srcdir)/%D%/sys.h.in > $@.tmp && \
	mv -f $@.tmp $@

# DATA, not LIBRARIES: Automake would want the names of all members, which only the table has.
libsysdir = $(libdir)
libsys_DATA = %D%/libsys.a

%D%/errno.o: %D%/errno.c $(libsys_headers)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(FREESTANDING_COMPILE) -c -o $@ $(srcdir)/%D%/errno.c
%D%/init.o: %D%/init.c $(libsys_headers)
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(FREESTANDING_COMPILE) -c -o $@ $(srcdir)/%D%/init.c
%D%/section.o: %D%/section.S include/syslayer/abi.h
	@$(MKDIR_P) %D%
	$(AM_V_GEN)$(FREESTANDING_COMPILE) -c -o $@ $(srcdir)/%D%/section.S

# One object a wrapper, so that a program gets only those that it calls. All in one go: the
# preprocessor runs once, and the compiler's driver once, for 770 files of two lines.
%D%/libsys.a: %D%/errno.o %D%/init.o %D%/section.o $(libsys_table) %D%/generate.awk %D%/wrapper.S include/syslayer/abi.h
	$(AM_V_GEN)rm -rf $@.d $@ && mkdir $@.d && \
	trap 'rm -rf $@.d' 0 && \
	$(AWK) -v objects=$@.d -f $(srcdir)/%D%/generate.awk $(srcdir)/$(libsys_table) && \
	$(FREESTANDING_COMPILE) -D__ASSEMBLER__ -E -P $(srcdir)/%D%/wrapper.S > $@.d/wrapper.inc && \
	(LC_ALL=C && export LC_ALL && cd $@.d && $(CC) -c *.s && \
	  $(AR) crsD libsys.a ../errno.o ../init.o ../section.o *.o) && \
	mv -f $@.d/libsys.a $@

CLEANFILES += include/syslayer/sys.h %D%/libsys.a %D%/errno.o %D%/init.o %D%/section.o
EXTRA_DIST += $(libsys_table) %D%/check-table %D%/errno.c %D%/generate.awk %D%/init.c %D%/section.S \
	%D%/sys.h.in %D%/wrapper.S tests/libsys/errno.c tests/libsys/hello.c tests/libsys/in-place.c \
	tests/libsys/nolibc.c tests/libsys/record.S tests/libsys/record.c tests/libsys/slots.h
