#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh DIRECTORY: the fuzz targets, with the engine in each. In the environment: SRC, BUILD (a configured
# and built tree), CC (afl-clang-fast for fuzzing, any compiler for replaying), CFLAGS.
set -eu
: "${SRC:?}" "${BUILD:?}" "${CC:=cc}" "${CFLAGS=-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all}"
out=$1
mkdir -p "$out"
flags="-std=gnu11 -D_GNU_SOURCE -pthread -Wall -Wextra -I$SRC/include -I$BUILD/include -I$SRC/elfpatch/engine
	-I$SRC/elfpatch -I$BUILD/elfpatch -include $SRC/tests/fuzz/memory.h"

objects=
for source in "$SRC"/elfpatch/engine/*.[cS] "$SRC"/elfpatch/inspect-sites.c "$SRC"/elfpatch/json.c \
	"$SRC"/tests/fuzz/bases.c "$SRC"/tests/fuzz/changes.c "$SRC"/tests/fuzz/file.c "$SRC"/tests/fuzz/main.c "$SRC"/tests/fuzz/memory.c \
	"$SRC"/tests/fuzz/target-*.c; do
	object=$out/$(basename "$source").o
	case $source in
	*.S)
		# .incbin takes what the build has made.
		(cd "$BUILD" && "$CC" -c -o "$object" "$source")
		;;
	*)
		# shellcheck disable=SC2086 # words
		"$CC" $flags $CFLAGS -c -o "$object" "$source"
		;;
	esac
	case $source in
	*/target-*) ;;
	*) objects="$objects $object" ;;
	esac
done
for source in "$SRC"/tests/fuzz/target-*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2086 # words
	"$CC" $CFLAGS -o "$out/$name" "$out/$name.c.o" $objects -pthread -lZydis -ljansson
done
