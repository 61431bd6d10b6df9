#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# elfpatch stamp and unstamp: images in the file, and out again to the last byte.

load helpers
load elfpatch

setup_file() {
	make_kinds
}

setup() {
	common_setup
	t=$BATS_FILE_TMPDIR
}

@test "stamp: every kind runs, plain, reserved and rewritten; nothing is writable and executable" {
	local k f
	for k in $(each_kind); do
		elfpatch reserve -o "$k.re" "$t/$k"
		for f in "$t/$k" "$k.re" "$t/$k.rw"; do
			elfpatch stamp -o out "$f"
			assert_runs ./out
			elfpatch verify -q out
			run -0 loads out
			refute_contains WE
			assert_equal "$(sort -c <<<"$output" && echo ascending)" ascending
		done
	done
}

@test "unstamp: gives back the very bytes; stamping again the stamped ones" {
	local k f
	for k in $(each_kind) nolibc library.so; do
		elfpatch reserve -o "$k.re" "$t/$k"
		for f in "$k.re" "$t/$k.rw"; do
			elfpatch stamp -o stamped "$f"
			! cmp -s stamped "$f" || fail "$f: not stamped"
			elfpatch unstamp -o back stamped
			cmp back "$f"
			elfpatch stamp -o again back
			cmp again stamped
			# In place as well.
			cp "$f" file
			elfpatch stamp -i file
			cmp file stamped
			elfpatch unstamp -i file
			cmp file "$f"
		done
	done
}

@test "stamp: native stubs are served without any mapping, from the first instruction" {
	need_tools strace
	elfpatch stamp -o out "$t/static.rw"
	run -0 strace -o trace ./out there
	# The runtime, without a stamp, opens the default image or moves the stubs.
	run -0 cat trace
	refute_contains .img
	refute_contains mremap
	refute_contains MAP_FIXED
	run -0 strace -o trace "$t/static.rw" there
	run -0 cat trace
	assert_contains .img
}

@test "stamp: again is no change; another image replaces the first" {
	cp "$t/static.rw" file
	elfpatch stamp -i file
	cp file native
	local before
	before=$(stat -c '%i %Y %Z' file)
	run -0 elfpatch stamp -v -i file
	assert_contains unchanged
	assert_equal "$(stat -c '%i %Y %Z' file)" "$before"

	elfpatch stamp --layer-dir="$BUILD/layers" --image=count -i file
	elfpatch verify -q file
	run -0 elfpatch inspect file
	assert_contains "stamped with count"
	elfpatch stamp -o fresh --image="$BUILD/layers/count.img" "$t/static.rw"
	cmp fresh file
	elfpatch stamp -i file
	cmp file native
	elfpatch unstamp -i file
	cmp file "$t/static.rw"
}

@test "stamp: a layer with a start hook and state works from the file alone" {
	local k
	for k in $(each_kind); do
		elfpatch stamp --image="$BUILD/layers/count.img" -o out "$t/$k.rw"
		elfpatch verify -q out
		run -0 ./out there
		assert_contains "hello 2 there"
		if [[ $k != *pie && $k != nopie ]]; then
			SYSLAYER_COUNT=stderr run -0 ./out there
			assert_contains "hello 2 there"
		fi
	done
}

@test "stamp: a hook that nobody would call is refused" {
	local f
	for f in static library.so.rw; do
		run -3 elfpatch stamp --image="$BUILD/layers/count.img" -o none "$t/$f"
		assert_contains "start hook"
		[[ ! -e none ]] || fail "written"
	done
}

@test "stamp: libsys programs need nothing else, and no libc" {
	elfpatch stamp -o out "$t/nolibc"
	run -42 ./out
	assert_equal "$output" "libsys alone"
	elfpatch verify -q out
	# Without a stamp and without a runtime the section is empty.
	elfpatch reserve -o empty "$t/nolibc"
	run ./empty
	[[ $status -ge 128 ]] || fail "it ran: $output"
}

@test "stamp: a shared library" {
	cat >user.c <<-'END'
		long add(long);
		int main(void) { return (int)add(41); }
	END
	elfpatch stamp -o libadd.so "$t/library.so"
	elfpatch verify -q libadd.so
	"$CC" -o user user.c ./libadd.so
	run -42 ./user
	elfpatch stamp -o libadd.so "$t/library.so.rw"
	run -42 ./user
}

@test "stamp: an image that does not fit is refused, with the reason" {
	local native=$BUILD/layers/native.img
	cp "$t/static.rw" file
	cp file before
	head -c 100 "$native" >short
	head -c 20000 "$native" >partial
	{ head -c 16 "$native"; printf X; tail -c +18 "$native"; } >magic
	{ head -c 40 "$native"; printf '\377\377\377\177'; tail -c +45 "$native"; } >huge
	{ head -c 26 "$native"; printf '\003'; tail -c +28 "$native"; } >machine
	{ head -c 96 "$native"; printf X; tail -c +98 "$native"; } >abi
	mkdir directory
	mkfifo fifo
	local image
	for image in short partial magic huge machine abi directory fifo nowhere; do
		run -2 elfpatch stamp --image="./$image" -i file
		assert_contains "elfpatch: "
		cmp file before
	done
	run -2 elfpatch stamp --layer-dir="$PWD" --image=nolayer -i file
	assert_contains "nolayer.img"
	# One that is larger than the section.
	elfpatch reserve --size=32K -o small "$t/static"
	elfpatch stamp -o stamped small
	assert_runs ./stamped
	elfpatch verify -q stamped
	elfpatch unstamp -o back stamped
	cmp small back
	{ head -c 44 "$native"; printf '\000\020'; tail -c +47 "$native"; } >state
	run -2 elfpatch stamp --image=./state -i small
	assert_contains "larger than the section"
}

@test "stamp: as long as the section, then there is no rest" {
	elfpatch reserve --size=32K -o small "$t/static"
	elfpatch stamp -o stamped small
	run -0 readelf -SW stamped
	refute_contains .syscalls.state
}

@test "unstamp: a file without a stamp is left alone, one without a section is not supported" {
	cp "$t/static.rw" file
	local before
	before=$(stat -c '%i %Y %Z' file)
	elfpatch unstamp -i file
	assert_equal "$(stat -c '%i %Y %Z' file)" "$before"
	cp "$t/static" plain
	run -3 elfpatch unstamp -i plain
	assert_error plain
	cmp plain "$t/static"
}

@test "stamp: after a strip that keeps the segments, both ways" {
	local tool
	for tool in eu-strip llvm-strip llvm-strip-14; do
		command -v "$tool" >/dev/null || continue
		cp "$t/static-pie.rw" file
		"$tool" file
		elfpatch verify -q file
		elfpatch stamp -o stamped file
		assert_runs ./stamped
		elfpatch unstamp -o back stamped
		cmp back file
		# Stripped when stamped: unstamp cannot give old bytes back, but a good file.
		elfpatch stamp -o stamped "$t/static-pie.rw"
		"$tool" stamped
		assert_runs ./stamped
		elfpatch unstamp -i stamped
		assert_runs ./stamped
		run -0 elfpatch inspect stamped
		assert_contains reserved
		elfpatch verify -q stamped
		elfpatch stamp -i stamped
		assert_runs ./stamped
		run -0 elfpatch inspect stamped
		assert_contains "stamped with native"
	done
}

@test "stamp: program headers that another tool has moved come back to where there is room for more" {
	need_tools patchelf
	cp "$t/pie.rw" file
	patchelf --set-rpath "/$(printf '%0300d' 0)" file
	elfpatch stamp -i file
	elfpatch verify -q file
	assert_runs ./file
	elfpatch unstamp -i file
	elfpatch verify -q file
	assert_runs ./file
}

# A program whose BSS is larger than an image: in its file there is a hole as large.
make_hole() {
	cat >hole.c <<-'END'
		#include <stdio.h>
		static volatile char bss[300000];
		int main(int argc, char **argv)
		{
			bss[argc] = 1;
			printf("hello %d %s\n", argc, argc > 1 ? argv[1] : "-");
			return 0;
		}
	END
	"$CC" -O2 -static -s -o hole hole.c
	elfpatch rewrite -q -o hole.rw hole
}

# image_offset FILE: of the segment that is the section.
image_offset() {
	local address
	address=$(readelf -SW "$1" | sed -n 's/.* \.syscalls  *[A-Z]*  *\([0-9a-f]*\) .*/\1/p')
	echo $(($(readelf -lW "$1" | awk -v a="0x$address" '$1 == "LOAD" && $3 == a { print $2 }')))
}

@test "stamp: where BSS leaves a hole the image lies in it, and takes no more length than headers" {
	make_hole
	elfpatch stamp -o stamped hole.rw
	(($(image_offset stamped) < $(stat -c %s hole.rw))) || fail "the image is at $(image_offset stamped)"
	(($(stat -c %s stamped) < $(stat -c %s hole.rw) + 4096)) || fail "$(stat -c %s hole.rw stamped)"
	assert_runs ./stamped
	run -0 elfpatch verify stamped
	elfpatch unstamp -o back stamped
	cmp back hole.rw
	(($(stat -c %b back) <= $(stat -c %b hole.rw))) || fail "the hole is filled: $(stat -c %b back hole.rw)"
	elfpatch restore -q -o restored stamped
	cmp restored hole
	run "$BUILD/tests/elfpatch/flip" stamped
	[[ $status -eq 0 ]] || fail "$output"
}

@test "stamp: bytes of others in the hole stay" {
	local at
	make_hole
	elfpatch stamp -o stamped hole.rw
	at=$(($(image_offset stamped) + 8000))
	printf x | dd of=hole.rw bs=1 seek=$at conv=notrunc status=none
	elfpatch stamp -o stamped hole.rw
	(($(image_offset stamped) > $(stat -c %s hole.rw))) || fail "the image is at $(image_offset stamped)"
	assert_equal "$(dd if=stamped bs=1 skip=$at count=1 status=none)" x
	assert_runs ./stamped
	elfpatch unstamp -o back stamped
	cmp back hole.rw
}

@test "unstamp: a segment that has bytes of an image in the hole is not taken from under it" {
	make_hole
	elfpatch stamp -o stamped hole.rw
	python3 - stamped "$(image_offset stamped)" <<-'END'
		import struct, sys
		file = open(sys.argv[1], 'r+b')
		data = file.read()
		phoff, phnum = struct.unpack_from('<Q', data, 32)[0], struct.unpack_from('<H', data, 56)[0]
		for i in range(phnum):
		    if struct.unpack_from('<I', data, phoff + 56 * i)[0] == 4:  # PT_NOTE: the first is not ours
		        file.seek(phoff + 56 * i + 8)
		        file.write(struct.pack('<Q', int(sys.argv[2]) + 64))
		        break
	END
	cp stamped before
	run -3 elfpatch unstamp -i stamped
	assert_contains "segment"
	cmp stamped before
}
