#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the plugin adds to a link, beside the same linker alone; goals: 15 ms on a small link, 5 % on a large one.
set -eu
: "${BUILD:?}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
plugin=$BUILD/plugin/.libs/syslayer.so
echo '#include <stdio.h>
int main(void) { return puts("hello") < 0; }' >small.c
gcc -O2 -c small.c

# The large one: all of LLVM's static libraries, when llvm-14-dev is there.
llvm=/usr/lib/llvm-14/lib
large=
if [ -f $llvm/libLLVMCore.a ]; then
	echo 'int main(void) { return 0; }' >large.c
	gcc -O2 -c large.c
	large="large.o -Wl,--whole-archive $(find $llvm -name 'libLLVM*.a' | sort | tr '\n' ' ') -Wl,--no-whole-archive"
	large="$large -Wl,--unresolved-symbols=ignore-all -Wl,--allow-multiple-definition -lpthread -ldl -lm"
fi

command_of() { # the linker's own command line, without the compiler's driver
	"$@" -### 2>&1 | tail -n 1 | sed 's/^ *//'
}

for version in 14 16 19 22; do
	driver="clang++-$version --ld-path=/usr/bin/ld.lld-$version"
	# shellcheck disable=SC2086
	plain=$(command_of $driver -static small.o -o small)
	printf 'lld %s, small: ' "$version"
	eval "\"$BUILD/bench/pair\" -n ${ROUNDS:-60} $plain -- $plain -mllvm \"-load=$plugin\""
done
printf 'bfd, small: '
"$BUILD/bench/pair" -n "${ROUNDS:-60}" gcc -static small.o -o small -- gcc -static small.o -o small -Wl,-plugin,"$plugin"
if [ -n "$large" ]; then
	for version in 14 19; do
		for static in "" -static; do
			# shellcheck disable=SC2086
			plain=$(command_of clang++-$version --ld-path=/usr/bin/ld.lld-$version $static $large -o large)
			printf 'lld %s, large%s: ' "$version" "${static:+, static}"
			eval "\"$BUILD/bench/pair\" -n ${LARGE_ROUNDS:-15} $plain -- $plain -mllvm \"-load=$plugin\""
		done
	done
	# shellcheck disable=SC2012
	ls -l large | awk '{ print "  output: " $5 / 1e6 " MB" }'
else
	echo 'large: left out, llvm-14-dev is not installed'
fi
