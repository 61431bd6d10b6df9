# SPDX-License-Identifier: BSD-2-Clause
# `make bench` runs each of BENCHES, with BUILD and SRC in its environment as for the tests.

# One a line, alphabetical.
BENCHES = \
	bench/calls.sh \
	bench/exhaustive.sh \
	bench/kmod.sh \
	bench/link.sh \
	bench/memory.sh \
	bench/peers.sh \
	bench/programs.sh \
	bench/run.sh \
	bench/startup.sh \
	bench/throughput.sh \
	bench/tool.sh

EXTRA_PROGRAMS = bench/resident bench/pair
bench_resident_SOURCES = bench/resident.c
bench_pair_SOURCES = bench/pair.c
CLEANFILES += bench/resident bench/pair

EXTRA_DIST += $(BENCHES) bench/RESULTS.md bench/exhaustive.c bench/http.go bench/load.c bench/loop.c bench/memory.c bench/peers.svg bench/plot.py \
	bench/ticks.c bench/two-jumps.py bench/vfork-exec.c
EXTRA_DIST += \
	bench/peers/answer.S \
	bench/peers/dispatch.c \
	bench/peers/peer.c \
	bench/peers/peers.c \
	bench/peers/peers.h \
	bench/peers/preload.c \
	bench/peers/ptrace.c \
	bench/peers/seccomp.c \
	bench/throughput/dispatch.c \
	bench/throughput/measure.py \
	bench/throughput/preload.c

bench: all bench/resident bench/pair
	@$(AM_TESTS_ENVIRONMENT) for b in $(BENCHES); do \
		echo "$$b"; $(SHELL) "$(srcdir)/$$b" || exit; \
	done
.PHONY: bench
