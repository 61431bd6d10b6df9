#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The main job on real programs: Lua and SQLite, native, counted and re-stamped; numbers against strace.

load helpers

# Calls and errors a name that `strace -i` saw coming from native slots. $1: the log, $2: the program.
# (A layer makes calls of its own from its image; native stubs make none.)
calls_by_slot() {
	python3 - "$1" "$(section_header "$2" .syscalls)" <<-'END'
	import collections, re, sys
	slots = int(sys.argv[2].split()[0], 16)
	calls, errors = collections.Counter(), collections.Counter()
	for line in open(sys.argv[1]):
	    m = re.match(r'\[([0-9a-f]+)\] (\w+)\(.*\) += (-1 E)?', line)
	    if m and slots <= int(m[1], 16) < slots + 32768:
	        calls[m[2]] += 1
	        errors[m[2]] += bool(m[3])
	for name in sorted(calls):
	    print(name, calls[name], errors[name])
	END
}

# Address and size of a section, hexadecimal.
section_header() {
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] *//' | awk -v name="$2" '$1 == name { print $3, $5 }'
}

calls_by_count() {
	jq -r '.calls | to_entries[] | "\(.key) \(.value.calls) \(.value.errors)"' "$1" | LC_ALL=C sort
}

@test "the demo runs to its end, for glibc and musl" {
	run env BUILD="$BUILD" SRC="$SRC" "$SRC/demo/demo.sh" "$BATS_TEST_TMPDIR/demo"
	assert_status 0
	assert_contains "done: three times the same output"
	assert_equal "$(grep -c 'all equal' <<<"$output")" 2
}

@test "SQLite: same output native, counted and stamped; count has strace's numbers" {
	gcc -O2 -static -o plain "$SRC/demo/sqlite.c" -lsqlite3 -lm -lpthread -ldl 2>/dev/null
	gcc -O2 -static -o layered "$SRC/demo/sqlite.c" -lsqlite3 -lm -lpthread -ldl \
		-Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" 2>/dev/null
	./plain plain.db >plain.out
	strace -i -o strace.log ./layered native.db >native.out
	SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=count.json SYSLAYER_FORMAT=json \
		./layered count.db >count.out
	elfpatch stamp --image="$BUILD/layers/count.img" -o stamped layered
	SYSLAYER_OUTPUT=stamped.json SYSLAYER_FORMAT=json ./stamped stamped.db >stamped.out
	for f in native count stamped; do
		cmp plain.out "$f.out"
		cmp plain.db "$f.db"
	done
	calls_by_slot strace.log layered >from-strace
	calls_by_count count.json >from-count
	[ "$(wc -l <from-count)" -gt 15 ]
	diff from-strace from-count
	calls_by_count stamped.json | diff from-count -
}

@test "Lua: strace sees no system call but from a slot, a trampoline, the runtime or the layer" {
	# shellcheck disable=SC2046
	gcc -O2 -static $(pkg-config --cflags lua5.4) -o layered "$SRC/demo/lua.c" \
		"$(pkg-config --variable=libdir lua5.4)/liblua5.4.a" -lm -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" 2>/dev/null
	mkdir tmp
	SYSLAYER_IMAGE=$BUILD/layers/count.img SYSLAYER_OUTPUT=/dev/null strace -f -i -o strace.log \
		./layered "$SRC/demo/workload.lua" tmp >out
	run python3 - "$(section_header layered .text)" <<-'END'
	import re, sys
	start, size = (int(n, 16) for n in sys.argv[1].split())
	lines = [l for l in open('strace.log') if re.search(r'\[([0-9a-f]+)\] \w+\(', l) and 'execve(' not in l]
	inside = [l for l in lines if start <= int(re.search(r'\[([0-9a-f]+)\]', l)[1], 16) < start + size]
	print(len(lines) > 1000, inside)
	END
	assert_equal "$output" "True []"
}
