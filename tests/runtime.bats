#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The runtime: which image it maps, what it does about a bad one, and that it starts a program under any conditions.

load helpers

setup_file() {
	local fixtures=$SRC/tests/runtime f
	plugin=-Wl,-plugin,$BUILD/plugin/.libs/syslayer.so
	local compile=("$CC" -O1 -I"$SRC/include")
	cd "$BATS_FILE_TMPDIR" || return
	# nobody must be able to read the programs.
	f=$PWD
	while [[ $f != / && $f != "${BATS_RUN_TMPDIR%/*}" ]]; do
		chmod a+x "$f" || return
		f=${f%/*}
		f=${f:-/}
	done
	for f in start sampler write-execute; do
		"$CC" -O1 -static -o "$f" "$fixtures/$f.c" || return
	done
	"${compile[@]}" -static -o plain "$fixtures/probe.c" &&
		"${compile[@]}" -static "$plugin" -o probe "$fixtures/probe.c" &&
		"${compile[@]}" -static "$plugin" -Wl,--defsym=__syslayer_require=1 -o strict "$fixtures/probe.c" &&
		"${compile[@]}" -static "$plugin" -Wl,--defsym=__syslayer_size=36K -o small "$fixtures/probe.c" &&
		"${compile[@]}" -static-pie "$plugin" -o static-pie "$fixtures/probe.c" &&
		"${compile[@]}" "$plugin" -o dynamic "$fixtures/probe.c" &&
		"${compile[@]}" "$plugin" -no-pie -o fixed "$fixtures/probe.c" &&
		musl-gcc -O1 -idirafter "$SRC/include" -static "$plugin" -o musl "$fixtures/probe.c" &&
		musl-gcc -O1 -idirafter "$SRC/include" "$plugin" -o musl-dynamic "$fixtures/probe.c" &&
		"$CC" -nostdlib -static "$plugin" -o entry "$fixtures/entry.S" || return
	"$CC" -O1 -fPIC -shared "$plugin" -Wl,-soname,library.so -o library.so "$fixtures/library.c" &&
		"$CC" -O1 -o linked "$fixtures/uses-library.c" library.so -Wl,-rpath,"$PWD" &&
		"$CC" -O1 "$plugin" -o both "$fixtures/uses-library.c" library.so -Wl,-rpath,"$PWD" &&
		"$CC" -O1 -DOPEN -o opens "$fixtures/uses-library.c" || return
	mkdir musl-libs && musl-gcc -O1 -fPIC -shared "$plugin" -Wl,-soname,library.so -o musl-libs/library.so \
		"$fixtures/library.c" &&
		musl-gcc -O1 -o musl-linked "$fixtures/uses-library.c" musl-libs/library.so \
			-Wl,-rpath,"$PWD/musl-libs" &&
		musl-gcc -O1 -DOPEN -o musl-opens "$fixtures/uses-library.c"
}

setup() {
	common_setup
	programs=$BATS_FILE_TMPDIR
	probe=$programs/probe strict=$programs/strict small=$programs/small start=$programs/start
	native=$BUILD/layers/native.img count=$BUILD/layers/count.img
	need_files "$native" "$count" "$probe" "$programs/musl-opens"
	unset SYSLAYER_IMAGE SYSLAYER_VERBOSE SYSLAYER_OUTPUT SYSLAYER_FORMAT
	export SYSLAYER_OUTPUT=/dev/null
	ulimit -c 0
}

as_root() {
	[[ $(id -u) -eq 0 ]] || skip "needs root"
}

# as_nobody COMMAND...
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# put FILE OFFSET ESCAPES: overwrite bytes.
put() {
	# shellcheck disable=SC2059 # the escapes are the format
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# note_of PROGRAM: offset in the file of the note's descriptor (header and name are 24 bytes).
note_of() {
	local offset
	offset=$(readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] *//p' | awk '$1 == ".note.syslayer" { print $4 }')
	[[ -n $offset ]] || fail "$1: no note" || return
	echo $((16#$offset + 24))
}

# refuses IMAGE REASON [PROGRAM [STRICT-PROGRAM]]: it is not mapped, and the reason is said when it should be.
refuses() {
	local image=$1 why=$2 program=${3:-$probe} required=${4:-$strict}
	SYSLAYER_IMAGE=$image run timeout 10 "$program" who where
	assert_equal "$image: $status: $output" "$image: 0: native works"$'\n'"r-xp $program"
	SYSLAYER_IMAGE=$image SYSLAYER_VERBOSE=1 run --separate-stderr timeout 10 "$program" who
	# shellcheck disable=SC2154 # set by run
	assert_equal "$status: $output: $stderr" "0: native works: syslayer: $program: $image: $why"
	SYSLAYER_IMAGE=$image run -127 --separate-stderr timeout 10 "$required" who
	assert_equal "$status: $output: $stderr" "127: : syslayer: $required: $image: $why"
}

# takes IMAGE NAME [PROGRAM]
takes() {
	SYSLAYER_IMAGE=$1 SYSLAYER_VERBOSE=1 run "${3:-$probe}" who
	assert_equal "$1: $status: $output" "$1: 0: $2 works"
}

# own_stubs PROGRAM: those that it brings. What ld.so starts has stubs for which the layer may be another's.
own_stubs() {
	case $1 in
	dynamic | fixed | musl-dynamic) echo forward ;;
	*) echo native ;;
	esac
}

# stays_served OPTION: of start; programs work under it, and what it forbids is forbidden.
stays_served() {
	local p image name
	run "$start" "$1" "$programs/write-execute"
	assert_status 3
	for p in probe static-pie dynamic fixed musl musl-dynamic; do
		for image in '' "$native" "$count"; do
			name=native
			[[ $image != "$count" ]] || name=count
			[[ $image ]] || name=$(own_stubs "$p")
			SYSLAYER_IMAGE=$image run "$start" "$1" "$programs/$p" who
			assert_equal "$p $image: $status: $output" "$p $image: 0: $name works"
		done
	done
	for p in linked both musl-linked; do
		run "$start" "$1" "$programs/$p"
		assert_equal "$p: $status: $output" "$p: 0: library works"$'\n'"library started ended"
	done
	run "$start" "$1" "$programs/opens" "$programs/library.so"
	assert_status 0
	assert_contains "library works"
	run "$start" "$1" "$programs/musl-opens" "$programs/musl-libs/library.so"
	assert_status 0
}

@test "size: at most 8 KiB" {
	need_files "$BUILD/runtime/runtime.bin"
	local size
	size=$(stat -c %s "$BUILD/runtime/runtime.bin")
	((size > 256 && size <= 8192)) || fail "$size bytes"
}

@test "native: served from the program's own file, and the rest of the section stays zero" {
	local p
	for p in probe small static-pie dynamic fixed musl musl-dynamic; do
		run "$programs/$p" who where rest
		assert_equal "$p: $status: $output" "$p: 0: $(own_stubs "$p") works"$'\n'"r-xp $programs/$p"$'\nzero'
	done
}

@test "image: mapped from its file" {
	local p
	for p in probe strict static-pie dynamic fixed musl musl-dynamic; do
		SYSLAYER_IMAGE=$count run "$programs/$p" who where
		assert_equal "$p: $status: $output" "$p: 0: count works"$'\n'"r-xp $count"
		SYSLAYER_IMAGE=$native run "$programs/$p" who where rest
		assert_equal "$p: $status: $output" "$p: 0: native works"$'\n'"r-xp $native"$'\nzero'
	done
}

@test "image: a plainly linked program has no note, and nothing is mapped" {
	SYSLAYER_IMAGE=$count run "$programs/plain" who
	assert_equal "$status: $output" "1: no note"
}

@test "image: a variable that is empty is as good as none" {
	SYSLAYER_IMAGE='' SYSLAYER_VERBOSE=1 run "$probe" who
	assert_equal "$status: $output" "0: native works"
}

@test "image: a required one that is not asked for is the system's" {
	local default
	default=$(strings "$BUILD/runtime/runtime.bin" | grep '/syslayer/linux-x86_64\.img$')
	[[ ! -e $default ]] || skip "$default is installed"
	run -127 "$strict" who
	assert_equal "$status: $output" "127: syslayer: $strict: $default: no such file"
	# Without the requirement that is the usual case, of which there is nothing to say.
	SYSLAYER_VERBOSE=1 run "$probe" who
	assert_equal "$status: $output" "0: native works"
}

@test "bad image: what its header may say" {
	local row file offset bytes why
	for row in \
		'magic 16 X not a stub image (wrong magic)' \
		'version 24 \2 its image version is not supported' \
		'machine 26 \3 it is for another machine' \
		'name 95 x its names are not terminated' \
		'abi-end 127 x its names are not terminated' \
		'abi 96 x it is for another ABI' \
		'abi-tail 126 x it is for another ABI' \
		'revision 28 \0 the program requires a newer revision of the ABI' \
		'slots 33 \1 its slots do not fit the program'\''s' \
		'slot-size 36 \40 its slots do not fit the program'\''s' \
		'size 40 \1 its size is wrong' \
		'size-small 41 \160 its size is wrong' \
		'size-large 42 \1 it is truncated' \
		'state 44 \1 its size is wrong' \
		'state-large 46 \20 it is larger than the section' \
		'state-huge 44 \0\360\377\377 it is larger than the section' \
		'init-at-end 49 \200 its start hook lies outside' \
		'init-huge 51 \377 its start hook lies outside' \
		'flags 52 \1 it has flags that are not known' \
		'flags-high 55 \200 it has flags that are not known' \
		'ask-at-end 57 \200 its ask entry lies outside' \
		'ask-huge 59 \377 its ask entry lies outside' \
		'reserved 63 \1 it has flags that are not known'; do
		read -r file offset bytes why <<<"$row"
		cp "$native" "$file.img"
		put "$file.img" "$offset" "$bytes"
		cmp -s "$native" "$file.img" && fail "$file: nothing was changed"
		refuses "$PWD/$file.img" "$why"
	done
}

@test "bad image: a file that is cut" {
	local size
	for size in 0 1 63 127; do
		head -c $size "$native" >$size.img
		refuses "$PWD/$size.img" "it is truncated"
	done
	for size in 128 4096 32767; do
		head -c $size "$native" >$size.img
		refuses "$PWD/$size.img" "it is truncated"
	done
	# What is behind the end does not matter.
	(cat "$native" && echo more) >longer.img
	takes "$PWD/longer.img" native
}

@test "bad image: what is no regular file" {
	mkdir directory
	mkfifo fifo
	ln -s loop loop
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	refuses "$PWD/directory" "not a regular file"
	refuses "$PWD/fifo" "not a regular file"
	refuses /dev/null "not a regular file"
	refuses /dev/zero "not a regular file"
	refuses "$PWD/loop" "too many symbolic links"
	refuses "$PWD/socket" "it cannot be opened or mapped"
	refuses "$PWD/nowhere" "no such file"
	refuses "$count/below" "it cannot be opened or mapped"
	ln -s "$count" link
	takes "$PWD/link" count
}

@test "bad image: one that may not be read" {
	as_root
	cp "$count" unreadable.img
	chmod 0 unreadable.img
	chmod a+rx "$PWD" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	SYSLAYER_IMAGE=$PWD/unreadable.img SYSLAYER_VERBOSE=1 run --separate-stderr as_nobody "$probe" who
	assert_equal "$status: $output" "0: native works"
	assert_equal "$stderr" "syslayer: $probe: $PWD/unreadable.img: permission denied"
	SYSLAYER_IMAGE=$PWD/unreadable.img run -127 as_nobody "$strict" who
	assert_equal "$status: $output" "127: syslayer: $strict: $PWD/unreadable.img: permission denied"
	chmod a+r unreadable.img
	SYSLAYER_IMAGE=$PWD/unreadable.img run as_nobody "$probe" who
	assert_equal "$status: $output" "0: count works"
}

@test "bad image: on a file system that is mounted noexec" {
	unshare -rm true || skip "no mount namespaces"
	mkdir mounted
	# shellcheck disable=SC2016 # for the inner shell
	run -127 unshare -rm bash -c 'mount -t tmpfs -o noexec none mounted && cp "$1" mounted/i.img && shift &&
		export SYSLAYER_IMAGE=$PWD/mounted/i.img && "$1" who && SYSLAYER_VERBOSE=1 "$1" who; "$2" who' - \
		"$count" "$probe" "$strict"
	local why="$PWD/mounted/i.img: it may not be mapped executable (is it on a noexec file system?)"
	assert_equal "$status: $output" "127: native works
syslayer: $probe: $why
native works
syslayer: $strict: $why"
}

@test "bad image: larger than the program's section" {
	"$CC" -O1 -I"$SRC/include" -static -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" \
		-Wl,--defsym=__syslayer_require=1 -Wl,--defsym=__syslayer_size=32K -o tiny "$SRC/tests/runtime/probe.c"
	refuses "$count" "it is larger than the section" "$small" "$PWD/tiny"
	takes "$native" native "$PWD/tiny"
	takes "$native" native "$small"
	# The last page that there is: an image of nine pages, or of eight and a page of state.
	cp "$native" state.img
	put state.img 45 '\20'
	takes "$PWD/state.img" native "$small"
	SYSLAYER_IMAGE=$PWD/state.img run -127 "$PWD/tiny" who
	assert_equal "$status: $output" \
		"127: syslayer: $PWD/tiny: $PWD/state.img: it is larger than the section"
}

@test "bad image: the program wants another ABI, a newer revision, more slots" {
	local row name offset bytes why
	for row in \
		'revision 32 \2 the program requires a newer revision of the ABI' \
		'slots 29 \3 its slots do not fit the program'\''s' \
		'abi 40 freebsd it is for another ABI'; do
		read -r name offset bytes why <<<"$row"
		cp "$probe" "$name"
		cp "$strict" "$name-strict"
		put "$name" $(($(note_of "$name") + offset)) "$bytes"
		put "$name-strict" $(($(note_of "$name-strict") + offset)) "$bytes"
		refuses "$native" "$why" "$PWD/$name" "$PWD/$name-strict"
	done
}

@test "bad image: a very long name is said as far as it goes, on one line" {
	local long
	long=/$(printf '%02000d' 0)
	SYSLAYER_IMAGE=$long run -127 "$strict" who
	assert_equal "$status: ${#lines[@]}" 127:\ 1
	assert_equal "${#output}" 1023
	assert_contains "syslayer: $strict: /0000"
	# A layer's name that does not fit is no other layer's.
	SYSLAYER_IMAGE=${long#/} run -127 "$strict" who
	assert_equal "$status" 127
}

@test "names: a layer by its name, and the system's default image" {
	unshare -rm true || skip "no mount namespaces"
	local layers default
	layers=$(strings "$BUILD/runtime/runtime.bin" | grep '/layers/$')
	default=$(strings "$BUILD/runtime/runtime.bin" | grep '/syslayer/linux-x86_64\.img$')
	[[ -n $layers && -n $default ]] || fail "the runtime does not know its directories"
	mkdir -p stage/etc stage/layers
	cp "$count" stage/layers/other.img
	cp "$native" stage/layers/native.img
	cp "$count" stage/etc/
	# Over the deepest directory that there is: nothing is installed, and nothing else is hidden for long.
	cat >inside <<'END'
over() { # DIRECTORY STAGED-DIRECTORY: mount a copy, with what is missing of the path, there
	local at=$1 below staged
	while [[ ! -d $at ]]; do at=${at%/*}; done
	# What has been mounted here before must not be hidden.
	staged=$at
	while [[ -n $staged && ! -e $staged/.staged ]]; do staged=${staged%/*}; done
	if [[ -n $staged ]]; then
		mkdir -p "$1"
		cp -r "stage/$2/." "$1"
		return
	fi
	below=${1#"$at"}
	mkdir -p "copy-$2$below"
	touch "copy-$2/.staged"
	cp -r "stage/$2/." "copy-$2$below"
	mount --bind "copy-$2" "$at"
}
set -e
cd "$1"
SYSLAYER_IMAGE=other SYSLAYER_VERBOSE=1 "$4" who
mv stage/etc/count.img "stage/etc/${3##*/}"
over "${3%/*}" etc
over "${2%/}" layers
"$4" who
SYSLAYER_IMAGE= "$4" who
SYSLAYER_IMAGE=native "$4" who
SYSLAYER_IMAGE=other "$4" who
SYSLAYER_IMAGE=none SYSLAYER_VERBOSE=1 "$4" who
"$5" who
SYSLAYER_IMAGE=none "$5" who
END
	run -127 unshare -rm bash inside "$PWD" "$layers" "$default" "$probe" "$strict"
	assert_equal "$status: $output" "127: syslayer: $probe: ${layers}other.img: no such file
native works
count works
count works
native works
count works
syslayer: $probe: ${layers}none.img: no such file
native works
count works
syslayer: $strict: ${layers}none.img: no such file"
}

@test "secure: a set-user-ID program takes nothing from the environment" {
	as_root
	local p
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$PWD"
	for p in probe dynamic; do
		cp "$programs/$p" "$p"
		SYSLAYER_IMAGE=$count run as_nobody "$PWD/$p" secure who
		assert_equal "$status: $output" "0: 0"$'\n'"count works"
		chmod u+s "$p"
		SYSLAYER_IMAGE=$count run as_nobody "$PWD/$p" secure who
		assert_equal "$status: $output" "0: 1"$'\n'"$(own_stubs "$p") works"
		SYSLAYER_IMAGE=/nowhere SYSLAYER_VERBOSE=1 run as_nobody "$PWD/$p" secure who
		assert_equal "$status: $output" "0: 1"$'\n'"$(own_stubs "$p") works"
	done
}

@test "started without /proc" {
	unshare -rm true || skip "no mount namespaces"
	mkdir -p root
	cp "$probe" root/probe
	cp "$count" root/count.img
	run unshare -r --root=root /probe who where
	assert_equal "$status: $output" "0: native works"$'\n'"no /proc"
	# Nor /dev/null for the table.
	SYSLAYER_IMAGE=/count.img run --separate-stderr unshare -r --root=root /probe who where
	assert_equal "$status: $output" "0: count works"$'\n'"no /proc"
}

@test "started from memory, without a file" {
	run "$start" -f "$probe" who where
	assert_equal "$status: $output" "0: native works"$'\n'"r-xp /memfd:program (deleted)"
	SYSLAYER_IMAGE=$count run "$start" -f "$probe" who
	assert_equal "$status: $output" "0: count works"
	run "$start" -m -f "$probe" who
	assert_equal "$status: $output" "0: native works"
}

@test "started from a file that may be executed, not read" {
	as_root
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$PWD"
	cp "$probe" hidden
	chmod 0711 hidden
	run as_nobody "$PWD/hidden" who
	assert_equal "$status: $output" "0: native works"
	SYSLAYER_IMAGE=$count run as_nobody "$PWD/hidden" who
	assert_equal "$status: $output" "0: count works"
}

@test "started with standard descriptors closed: none is taken" {
	local image
	for image in '' "$native" "$count" /nowhere "$PWD"; do
		SYSLAYER_IMAGE=$image run "$start" -d "$probe" descriptor
		assert_equal "$image: $status" "$image: 0"
	done
	# The launcher does not close them of itself.
	run "$start" "$probe" descriptor
	((status >= 3)) || fail "$status"
}

@test "started by the dynamic linker, as its argument" {
	local linker
	linker=$(readelf -lW "$programs/dynamic" | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	run "$linker" "$programs/dynamic" who where
	assert_equal "$status: $output" "0: forward works"$'\n'"r-xp $programs/dynamic"
	SYSLAYER_IMAGE=$count run "$linker" "$programs/dynamic" who
	assert_equal "$status: $output" "0: count works"
	linker=$(readelf -lW "$programs/musl-dynamic" | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	run "$linker" "$programs/musl-dynamic" who where
	assert_equal "$status: $output" "0: forward works"$'\n'"r-xp $programs/musl-dynamic"
	SYSLAYER_IMAGE=$count run "$linker" "$programs/musl-dynamic" who
	assert_equal "$status: $output" "0: count works"
}

@test "started as the interpreter of a script" {
	# A path in #! has 255 bytes at most.
	ln -s "$probe" "$BATS_RUN_TMPDIR/p"
	printf '#!%s who\n' "$BATS_RUN_TMPDIR/p" >script
	chmod +x script
	run ./script where
	assert_equal "$status: ${lines[0]}" "0: native works"
	SYSLAYER_IMAGE=$count run ./script
	assert_equal "$status: $output" "0: count works"
}

@test "started without argv[0], with a large environment, at fixed addresses" {
	local option p
	for option in -0 -e -p; do
		for p in probe static-pie dynamic musl; do
			run "$start" $option "$programs/$p" who
			assert_equal "$option $p: $status: $output" "$option $p: 0: $(own_stubs "$p") works"
			SYSLAYER_IMAGE=$count run "$start" $option "$programs/$p" who
			assert_equal "$option $p: $status: $output" "$option $p: 0: count works"
		done
	done
}

@test "started with little memory, stack and few descriptors" {
	run "$start" -a 4000000 "$probe" who
	assert_equal "$status: $output" "0: native works"
	SYSLAYER_IMAGE=$count run "$start" -a 4000000 "$probe" who
	assert_equal "$status: $output" "0: count works"
	run "$start" -s 32768 "$probe" who
	assert_equal "$status: $output" "0: native works"
	SYSLAYER_IMAGE=$count run "$start" -s 32768 "$probe" who
	assert_equal "$status: $output" "0: count works"
	run "$start" -n 0 "$probe" who
	assert_equal "$status: $output" "0: native works"
	SYSLAYER_IMAGE=$count SYSLAYER_VERBOSE=1 run "$start" -n 0 "$probe" who
	assert_equal "$status: $output" \
		"0: syslayer: $probe: $count: it cannot be opened or mapped"$'\n'"native works"
}

@test "started where no file may be opened" {
	local option
	# Moved; before Linux 5.13, from where nothing stays.
	for option in '' -D; do
		run "$start" $option -r "$probe" who rest
		assert_equal "$status: $output" "0: native works"$'\nzero'
	done
	SYSLAYER_IMAGE=$count run "$start" -r "$probe" who
	assert_equal "$status: $output" "0: native works"
	SYSLAYER_IMAGE=$count run -127 "$start" -r "$strict" who
}

@test "started where neither mremap nor a file may be had: a copy; where that is forbidden too, it does not start" {
	local p
	for p in probe static-pie musl; do
		run "$start" -R "$programs/$p" who where rest
		assert_equal "$p: $status: $output" "$p: 0: native works"$'\n'"r-xp $programs/$p"$'\nzero'
		run "$start" -R -r "$programs/$p" who rest
		assert_equal "$p: $status: $output" "$p: 0: native works"$'\nzero'
		run "$programs/sampler" "$start" -R -r "$programs/$p" who
		assert_equal "$p: $status: ${lines[0]}" "$p: 0: native works"
	done
	run -127 "$start" -R -m -r "$probe" who
	assert_equal "$status: $output" "127: syslayer: $probe: the native stubs cannot be mapped"
	SYSLAYER_IMAGE=$native run "$start" -R -m "$probe" who
	assert_equal "$status: $output" "0: native works"
}

@test "entry: stack and rdx are the kernel's" {
	local image
	for image in '' "$native" "$count" /nowhere; do
		SYSLAYER_IMAGE=$image run "$programs/entry" a b
		assert_equal "$image: $status" "$image: 0"
	done
	# It would say so.
	run "$programs/entry" a
	assert_equal "$status" 2
}

@test "entry: rdx from the dynamic linker is passed on, destructors of libraries run" {
	local p
	for p in linked both musl-linked; do
		run "$programs/$p"
		assert_equal "$p: $status: $output" "$p: 0: library works"$'\n'"library started ended"
	done
	SYSLAYER_IMAGE=$count run "$programs/both"
	assert_equal "$status: $output" "0: library works"$'\n'"library started ended"
}

@test "entry: code that runs before main, of static programs" {
	local option image
	for option in -static '-static-pie -fpie'; do
		# shellcheck disable=SC2086 # two words
		"$CC" -O1 $option -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" -o early "$SRC/tests/runtime/early.c"
		for image in '' "$native" "$count"; do
			SYSLAYER_IMAGE=$image run ./early
			assert_equal "$option $image: $status: $output" "$option $image: 0: early calls work"
		done
	done
}

# ld.so calls resolvers, .preinit_array, and what takes the place of a library's function, before the entry
# point: an image is not mapped by then, but there are stubs.
@test "entry: code of a dynamic program that runs before the entry point" {
	local image
	"$CC" -O1 -Wl,-plugin,"$BUILD/plugin/.libs/syslayer.so" -o early "$SRC/tests/runtime/early.c"
	for image in '' "$native" "$count"; do
		SYSLAYER_IMAGE=$image run ./early
		assert_equal "$image: $status: $output" "$image: 0: early calls work"
	done
}

@test "library: loaded while the program runs, unloaded, and loaded again" {
	local again="library works
library started ended"
	run "$programs/opens" "$programs/library.so"
	assert_equal "$status: $output" "0: $again"$'\n'"$again"
	# The same on a kernel that leaves a hole where the stubs were.
	run "$start" -D "$programs/opens" "$programs/library.so"
	assert_equal "$status: $output" "0: $again"$'\n'"$again"
	# musl unloads nothing.
	run "$programs/musl-opens" "$programs/musl-libs/library.so"
	assert_equal "$status: $output" "0: library works"$'\n'"$again"
}

@test "writable and executable: never, at any stop of any system call" {
	local p image looks
	# The sampler sees what there is to see.
	run "$programs/sampler" "$programs/write-execute"
	assert_status 1
	assert_contains rwxp
	for p in probe static-pie dynamic fixed musl musl-dynamic; do
		for image in '' "$native" "$count" /dev/null; do
			SYSLAYER_IMAGE=$image run "$programs/sampler" "$programs/$p" who
			assert_equal "$p $image: $status" "$p $image: 0"
			looks=${lines[1]//[!0-9]/}
			((looks > 10)) || fail "$p: looked $looks times"
		done
	done
	for p in linked both musl-linked; do
		run "$programs/sampler" "$programs/$p"
		assert_equal "$p: $status" "$p: 0"
	done
	run "$programs/sampler" "$programs/opens" "$programs/library.so"
	assert_status 0
}

@test "writable and executable: works where the kernel forbids it (PR_SET_MDWE)" {
	run "$start" -m /bin/true
	[[ $status -eq 0 ]] || skip "the kernel has no PR_SET_MDWE"
	stays_served -m
}

@test "writable and executable: works under the rules of MemoryDenyWriteExecute=" {
	stays_served -M
}
