# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin, and the files that bring its flags to compilers and build systems.
pkglib_LTLIBRARIES += %D%/syslayer.la
%C%_syslayer_la_SOURCES = \
	%D%/command.c \
	%D%/finish.c \
	%D%/plugin.c \
	%D%/plugin.h \
	%D%/response.c \
	%D%/script.c
%C%_syslayer_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/elfpatch/engine
%C%_syslayer_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_syslayer_la_LDFLAGS = -module -avoid-version -shared
%C%_syslayer_la_LIBADD = elfpatch/libengine.la
