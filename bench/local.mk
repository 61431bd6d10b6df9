# SPDX-License-Identifier: BSD-2-Clause
# `make bench` runs each of BENCHES, with BUILD and SRC in its environment as for the tests.

# One a line, alphabetical.
BENCHES = \
	bench/calls.sh \
	bench/kmod.sh \
	bench/link.sh \
	bench/memory.sh \
	bench/run.sh \
	bench/startup.sh \
	bench/tool.sh

EXTRA_PROGRAMS = bench/anonymous bench/pair
bench_anonymous_SOURCES = bench/anonymous.c
bench_pair_SOURCES = bench/pair.c
CLEANFILES += bench/anonymous bench/pair

EXTRA_DIST += $(BENCHES) bench/RESULTS.md bench/loop.c bench/memory.c bench/ticks.c bench/vfork-exec.c

bench: all bench/anonymous bench/pair
	@$(AM_TESTS_ENVIRONMENT) for b in $(BENCHES); do \
		echo "$$b"; $(SHELL) "$(srcdir)/$$b" || exit; \
	done
.PHONY: bench
