# SPDX-License-Identifier: BSD-2-Clause
# The linker plugin, and the files that bring its flags to compilers and build systems.
pkglib_LTLIBRARIES += %D%/syslayer.la
%C%_syslayer_la_SOURCES = \
	%D%/ahead.c \
	%D%/command.c \
	%D%/finish.c \
	%D%/plugin.c \
	%D%/plugin.h \
	%D%/response.c \
	%D%/script.c \
	%D%/watch.c \
	%D%/work.c
%C%_syslayer_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/elfpatch/engine
%C%_syslayer_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
%C%_syslayer_la_LDFLAGS = -module -avoid-version -shared
%C%_syslayer_la_LIBADD = elfpatch/libengine.la

# The flags, for all of these files. GNU ld takes the first two words, and hands us the third, which lld takes; lld
# ignores the first two.
plugin_words = -plugin %plugin% -plugin-opt=-load=%plugin%
plugin_edit = $(SED) -e "s|%linker%|$(plugin_words)|" \
	-e "s|%compiler%|-Wl,`echo '$(plugin_words)' | tr ' ' ,`|"
plugin_inputs = $(srcdir)/%D%/local.mk Makefile

%D%/syslayer.pc: $(srcdir)/%D%/syslayer.pc.in $(plugin_inputs)
	$(AM_V_GEN)$(plugin_edit) -e 's|%plugin%|$${plugin}|g' -e 's|%version%|$(VERSION)|' \
		-e 's|%prefix%|$(prefix)|' -e 's|%libdir%|$(libdir)|' -e 's|%datadir%|$(datadir)|' \
		-e '/^prefix=/!s|=$(prefix)/|=$${prefix}/|' $(srcdir)/$@.in >$@-t && mv $@-t $@
%D%/syslayer.cfg: $(srcdir)/%D%/syslayer.cfg.in $(plugin_inputs)
	$(AM_V_GEN)$(plugin_edit) -e 's|%plugin%|$(pkglibdir)/syslayer.so|g' $(srcdir)/$@.in >$@-t && mv $@-t $@
%D%/syslayer.specs: $(srcdir)/%D%/syslayer.specs.in $(plugin_inputs)
	$(AM_V_GEN)$(plugin_edit) -e 's|%plugin%|$(pkglibdir)/syslayer.so|g' $(srcdir)/$@.in >$@-t && mv $@-t $@

pkgconfig_DATA += %D%/syslayer.pc
pkgdata_DATA = %D%/syslayer.cfg %D%/syslayer.specs
CLEANFILES += %D%/syslayer.pc %D%/syslayer.cfg %D%/syslayer.specs
EXTRA_DIST += %D%/syslayer.pc.in %D%/syslayer.cfg.in %D%/syslayer.specs.in
