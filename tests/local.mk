# SPDX-License-Identifier: BSD-2-Clause
# The suites: Bats under Automake's TAP driver. `make check`, and `make check-long` for the slow ones.

# One a line, alphabetical. A suite needs its fixtures in EXTRA_DIST: distcheck runs it from the tarball.
ELFPATCH_TESTS = \
	tests/elfpatch-bad.bats \
	tests/elfpatch-inspect.bats \
	tests/elfpatch-reserve.bats \
	tests/elfpatch-restore.bats \
	tests/elfpatch-rewrite.bats \
	tests/elfpatch-sites.bats \
	tests/elfpatch-stamp.bats \
	tests/elfpatch-strip.bats \
	tests/elfpatch-trees.bats \
	tests/elfpatch-verify.bats \
	tests/elfpatch-write.bats

OTHER_TESTS = \
	tests/calls-observed.bats \
	tests/calls-processes.bats \
	tests/calls-registers.bats \
	tests/calls-signals.bats \
	tests/calls-threads.bats \
	tests/coverage.bats \
	tests/demo.bats \
	tests/dynamic.bats \
	tests/elfpatch-cache.bats \
	tests/elfpatch-interrupted.bats \
	tests/elfpatch-follow.bats \
	tests/elfpatch-load.bats \
	tests/elfpatch-run.bats \
	tests/elfpatch-services.bats \
	tests/exhaustive.bats \
	tests/fuzz.bats \
	tests/go.bats \
	tests/kmod.bats \
	tests/layer-deny.bats \
	tests/layer-inject.bats \
	tests/layer-installed.bats \
	tests/layer-kit.bats \
	tests/layer-memory.bats \
	tests/layer-output.bats \
	tests/layer-pin.bats \
	tests/layer-trace.bats \
	tests/layers.bats \
	tests/libsys.bats \
	tests/lint.bats \
	tests/plugin-build-systems.bats \
	tests/plugin-failures.bats \
	tests/plugin-kinds.bats \
	tests/plugin-options.bats \
	tests/plugin-outputs.bats \
	tests/real-programs.bats \
	tests/runtime.bats \
	tests/suite-python.bats \
	tests/unwind.bats

# Linkers do not load a plugin that has the sanitizers in it.
if SANITIZERS
TESTS += $(ELFPATCH_TESTS)
else
TESTS += $(ELFPATCH_TESTS) $(OTHER_TESTS)
endif

# Too slow for each change.
LONG_TESTS = \
	tests/elfpatch-kills.bats \
	tests/long/debian.bats \
	tests/long/hard-cases.bats \
	tests/long/kmod-debug.bats \
	tests/long/mutate.bats \
	tests/long/rust.bats \
	tests/long/suites.bats \
	tests/long/sweep.bats

EXTRA_DIST += $(ELFPATCH_TESTS) $(OTHER_TESTS) $(LONG_TESTS) tests/helpers.bash .ci/run
EXTRA_DIST += tests/HARD-CASES.md tests/long/MUTATE.md tests/long/SWEEP.md tests/long/fetch-npm.sh \
	tests/long/fetch-packages.sh tests/long/hard-cases.py tests/long/mutate.py tests/long/sweep.py
EXTRA_DIST += \
	tests/long/SUITES.md \
	tests/long/fetch-source.sh \
	tests/long/suites.py \
	tests/long/suites/autotools.bash \
	tests/long/suites/bash.bash \
	tests/long/suites/busybox.bash \
	tests/long/suites/coreutils.bash \
	tests/long/suites/git.bash \
	tests/long/suites/grep.bash \
	tests/long/suites/make.bash \
	tests/long/suites/perl.bash \
	tests/long/suites/python.bash \
	tests/long/suites/redis.bash \
	tests/long/suites/sed.bash \
	tests/long/suites/sqlite.bash \
	tests/long/suites/suite.sh
EXTRA_DIST += tests/exhaustive/cancel.c tests/exhaustive/caught.c tests/exhaustive/raw.S
EXTRA_DIST += \
	tests/kmod.bash \
	tests/kmod/compat.S \
	tests/kmod/debug-kernels.sh \
	tests/kmod/debug.config \
	tests/kmod/early.c \
	tests/kmod/fetch-kernels.sh \
	tests/kmod/first.S \
	tests/kmod/guest.sh \
	tests/kmod/hostile.c \
	tests/kmod/init.sh \
	tests/kmod/library.c \
	tests/kmod/nomap.c \
	tests/kmod/outside.c \
	tests/kmod/start.c
EXTRA_DIST += \
	tests/fuzz/README.md \
	tests/fuzz/bases.c \
	tests/fuzz/build.sh \
	tests/fuzz/changes.c \
	tests/fuzz/changes.h \
	tests/fuzz/corpus \
	tests/fuzz/file.c \
	tests/fuzz/finds \
	tests/fuzz/fuzz.h \
	tests/fuzz/large.py \
	tests/fuzz/main.c \
	tests/fuzz/memory.c \
	tests/fuzz/memory.h \
	tests/fuzz/run.sh \
	tests/fuzz/seed.S \
	tests/fuzz/seeds.sh \
	tests/fuzz/target-image.c \
	tests/fuzz/target-object.c \
	tests/fuzz/target-restore.c \
	tests/fuzz/target-rewrite.c \
	tests/fuzz/target-stamp.c \
	tests/fuzz/target-verify.c
EXTRA_DIST += tests/own_calls.py tests/run.bash tests/dynamic.bash tests/dynamic/library.c tests/dynamic/user.c
EXTRA_DIST += tests/plugin.bash tests/plugin/facts.py tests/plugin/late.c tests/plugin/library.c \
	tests/plugin/medium.c \
	tests/plugin/program.c tests/plugin/throw.cc tests/plugin/tiny.S tests/plugin/user.c
EXTRA_DIST += \
	tests/real.bash \
	tests/real/busybox.tbl \
	tests/real/core.rs \
	tests/real/foreign.c \
	tests/real/libc.c \
	tests/real/lua.c \
	tests/real/program.lua \
	tests/real/program.rs \
	tests/real/program.sql \
	tests/real/shell.sh \
	tests/real/sql.c \
	tests/real/where.py

EXTRA_DIST += \
	tests/coverage/compare.py \
	tests/coverage/program.js \
	tests/coverage/program.py \
	tests/calls.bash \
	tests/calls/cancelled.c \
	tests/calls/cancelled-steps.c \
	tests/calls/edges.S \
	tests/calls/filters.c \
	tests/calls/observed.c \
	tests/calls/outputs.c \
	tests/calls/processes.c \
	tests/calls/registers.c \
	tests/calls/signals.c \
	tests/calls/surroundings.c \
	tests/calls/threads.c \
	tests/calls/unwind.cc \
	tests/calls/variants.S \
	tests/calls/variants.c \
	tests/calls/wide.c \
	tests/sites/go.S \
	tests/sites/go.go \
	tests/sites/large.S \
	tests/sites/large.c \
	tests/sites/range.S \
	tests/sites/range.c \
	tests/sites/short.S \
	tests/sites/short.c \
	tests/sites/tactics.S \
	tests/sites/tactics.c \
	tests/sites/targets.S \
	tests/sites/targets.cc \
	tests/runtime/early.c \
	tests/runtime/entry.S \
	tests/runtime/library.c \
	tests/runtime/probe.c \
	tests/runtime/sampler.c \
	tests/runtime/start.c \
	tests/runtime/uses-library.c \
	tests/runtime/write-execute.c \
	tests/unwind/busy.c \
	tests/unwind/handlers.cc \
	tests/unwind/personalities.S \
	tests/unwind/signals.cc \
	tests/unwind/step.c \
	tests/unwind/step.py \
	tests/unwind/tables.py

# --ignore-exit: Bats exits 1 for a test that fails, which its own line says already. A suite that dies
# (syntax, load, kill) still fails: Bats prints the plan first, and the driver counts.
TEST_EXTENSIONS = .bats
BATS_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh \
	--comments --ignore-exit
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --tap

AM_TESTS_ENVIRONMENT = \
	BUILD='$(abs_top_builddir)'; SRC='$(abs_top_srcdir)'; export BUILD SRC; \
	KERNELS=$${KERNELS:-'$(KERNELS)'}; export KERNELS; \
	CC='$(CC)'; OBJCOPY='$(OBJCOPY)'; export CC OBJCOPY; \
	SHELLCHECK='$(SHELLCHECK)'; MANDOC='$(MANDOC)'; CLANG_FORMAT='$(CLANG_FORMAT)'; \
	export SHELLCHECK MANDOC CLANG_FORMAT;

# A summary of its own: that of `make check` stays.
check-long: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(LONG_TESTS)' TEST_SUITE_LOG=test-suite-long.log
.PHONY: check-long

MOSTLYCLEANFILES = test-suite-long.log $(LONG_TESTS:.bats=.log) $(LONG_TESTS:.bats=.trs)
