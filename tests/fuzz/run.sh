#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run.sh DIRECTORY SECONDS [TARGET...]: each target (all of them) under AFL++ for so long, from the corpus in the
# tree. In DIRECTORY: bin, seeds, and a folder a target with afl-fuzz's own; a second run goes on where the first one
# ended. Says how many executions there were, and fails where something crashed or hung. In the environment: SRC,
# BUILD (a configured and built tree).
set -eu
: "${SRC:?}" "${BUILD:?}"
mkdir -p "$1"
directory=$(cd "$1" && pwd -P)
seconds=$2
shift 2
[ $# -gt 0 ] || set -- image object restore rewrite stamp verify

export AFL_QUIET=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_AUTORESUME=1 AFL_SKIP_CPUFREQ=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
[ -e "$directory/bin/target-verify" ] || CC=afl-clang-fast "$SRC/tests/fuzz/build.sh" "$directory/bin"
[ -e "$directory/seeds" ] || CC=${CC:-cc} "$SRC/tests/fuzz/seeds.sh" "$directory/seeds"
export FUZZ_BASES="$directory/seeds"
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=4096
export UBSAN_OPTIONS=abort_on_error=1:halt_on_error=1:symbolize=0

found=0
for target; do
	here=$directory/$target
	if [ ! -e "$here/in" ]; then
		mkdir -p "$here/in"
		tar -xJf "$SRC/tests/fuzz/corpus/$target.tar.xz" -C "$here/in"
	fi
	# The time is a loaded machine's.
	afl-fuzz -V "$seconds" -m none -t 10000 -i "$here/in" -o "$here/out" -- "$directory/bin/target-$target" \
		>"$here/log" 2>&1 || { tail -n 20 "$here/log" && found=1; }
	executions=$(awk '$1 == "execs_done" { print $3 }' "$here/out/default/fuzzer_stats")
	count=$(find "$here/out/default/crashes" "$here/out/default/hangs" -name 'id*' | wc -l)
	echo "$target: $executions executions, $count of them crashed or hung"
	[ "$count" -eq 0 ] || found=1
done
exit "$found"
